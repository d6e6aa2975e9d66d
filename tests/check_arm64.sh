#!/bin/sh
# The core, compiled for arm64 and run by an emulator, must give the bits that it gives here.
#
# Needs Debian's cmake, ninja-build, g++-aarch64-linux-gnu and qemu-user. Python for arm64 is fetched
# from Debian, NumPy, OpenCV and the others from the package index; nothing is installed outside
# build/arm64.
set -eu
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
here=$PWD/build/arm64
root=$here/root
site=$here/site
mkdir -p "$here/package"

if [ ! -e "$root/usr/bin/python3.11" ]; then
    mkdir -p "$here/apt/lists/partial" "$here/apt/archives/partial" "$root"
    touch "$here/apt/status"
    printf '%s\n' 'APT::Architecture "arm64";' 'APT::Architectures { "arm64"; };' \
        "Dir::State::lists \"$here/apt/lists\";" "Dir::State::status \"$here/apt/status\";" \
        "Dir::Cache \"$here/apt\";" > "$here/apt.conf"
    APT_CONFIG=$here/apt.conf apt-get --quiet update
    APT_CONFIG=$here/apt.conf apt-get --quiet --yes --no-install-recommends --download-only \
        install python3.11 libpython3.11-dev libstdc++6
    for package in "$here"/apt/archives/*.deb; do dpkg -x "$package" "$root"; done
fi
if [ ! -e "$site/cv2" ]; then
    "$python" -m pip install --quiet --target "$site" --only-binary :all: --no-deps \
        --python-version 3.11 --platform manylinux_2_28_aarch64 \
        --platform manylinux_2_27_aarch64 --platform manylinux_2_17_aarch64 \
        --platform manylinux2014_aarch64 \
        numpy opencv-python-headless PyWavelets click tqdm pebble lazy_loader packaging
fi

cmake -G Ninja -S . -B "$here/core" -DCMAKE_BUILD_TYPE=Release -DUNSPLICE_WERROR=ON \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
    -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_CXX_FLAGS="-isystem $root/usr/include" \
    -DPython_EXECUTABLE="$python" -DPython_INCLUDE_DIR="$root/usr/include/python3.11" \
    -DPYTHON_MODULE_EXTENSION=.cpython-311-aarch64-linux-gnu.so \
    -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)"
cmake --build "$here/core"

rm -rf "$here/package/unsplice"
cp -r python/unsplice "$here/package/"
rm -f "$here/package/unsplice"/_core.*.so
echo '__version__: str = "0"' > "$here/package/unsplice/_version.py"
printf '%s\n' '#!/bin/sh' \
    "QEMU_LD_PREFIX=$root PYTHONPATH=$here/package:$site exec qemu-aarch64 \\" \
    "-E LD_LIBRARY_PATH=$root/usr/lib/aarch64-linux-gnu $root/usr/bin/python3.11 \"\$@\"" \
    > "$here/python"
chmod +x "$here/python"
"$python" tests/check_instruction_sets.py "$here"/core/_core.*.so "$here/python"
