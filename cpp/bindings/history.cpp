// The kernels of the compression history.
#include "history.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <vector>

#include "array_view.hpp"
#include "block_dct.hpp"
#include "block_levels.hpp"
#include "blocks.hpp"
#include "clipped_samples.hpp"
#include "compression_gains.hpp"
#include "count_magnitudes.hpp"
#include "grid_votes.hpp"
#include "sum_levels.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

// Of (n, 2) places, whose windows of `size` pixels must lie within the picture. A copy, because all
// are checked before one is followed, and another thread may change the array in between.
std::vector<Corner> copy_corners(const Wholes& corners, ImageView<const std::uint8_t> image,
                                 Index size) {
    require_dense(corners, 2);
    if (corners.shape(1) != 2) refuse("expected corners of shape (n, 2)");
    std::vector<Corner> places;
    places.reserve(static_cast<std::size_t>(corners.shape(0)));
    for (Index i = 0; i < corners.shape(0); ++i) {
        places.push_back({*corners.data(i, 0), *corners.data(i, 1)});
        const auto [row, col] = places.back();
        if (row < 0 || col < 0 || row > image.rows - size || col > image.cols - size) {
            refuse("expected corners whose windows lie within the image");
        }
    }
    return places;
}

// What is checked and then used without the GIL, so that no other thread can change it in between.
Wholes own_copy(const Wholes& numbers, int dimensions) {
    require_dense(numbers, dimensions);
    auto copy = new_array_like<std::int64_t>(numbers);
    std::copy_n(numbers.data(), numbers.size(), copy.mutable_data());
    return copy;
}

void require_counts(const Wholes& counts) {
    const auto* begin = counts.data();
    const auto* end = begin + counts.size();
    constexpr std::int64_t most = std::int64_t{1} << 26;  // of 2049 classes, times 2^24: below 2^63
    if (std::any_of(begin, end, [](std::int64_t n) { return n < 0 || n > most; })) {
        refuse("expected counts from 0 to 2^26");
    }
}

Bytes block_levels(const Bytes& image, const Wholes& steps, Index row, Index col, int num_threads) {
    const auto source = view_rgb(image);
    require_grid(row, col);
    require_dense(steps, 2);
    if (steps.shape(0) != 8 || steps.shape(1) != 8) refuse("expected steps of shape (8, 8)");
    require_steps(steps);
    require_threads(num_threads);
    std::array<float, 64> table;
    std::transform(steps.data(), steps.data() + 64, table.begin(),
                   [](std::int64_t step) { return static_cast<float>(step); });
    auto result =
        new_array<std::uint8_t>({64, blocks_from(row, source.rows), blocks_from(col, source.cols)});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::block_levels(source, row, col, table, target, num_threads); });
    return result;
}

Wholes count_magnitudes(const Bytes& image, const Wholes& corners, int num_threads) {
    const auto source = view_rgb(image);
    const auto places = copy_corners(corners, source, block_side);
    const Index count = static_cast<Index>(places.size());
    require_threads(num_threads);
    auto result = new_array<std::int64_t>({64, magnitude_classes});
    std::int64_t* counts = result.mutable_data();
    without_gil(
        [&] { unsplice::count_magnitudes(source, places.data(), count, counts, num_threads); });
    return result;
}

Wholes grid_votes(const Bytes& image, const Wholes& corners, int num_threads) {
    const auto source = view_rgb(image);
    const auto places = copy_corners(corners, source, 2 * block_side - 1);
    const Index count = static_cast<Index>(places.size());
    require_threads(num_threads);
    const auto votes = without_gil(
        [&] { return unsplice::grid_votes(source, places.data(), count, num_threads); });
    auto result = new_array<std::int64_t>({8, 8});
    std::copy(votes.begin(), votes.end(), result.mutable_data());
    return result;
}

Bytes clipped_samples(const Bytes& image, Index row, Index col, int num_threads) {
    const auto source = view_rgb(image);
    require_grid(row, col);
    require_threads(num_threads);
    auto result =
        new_array<std::uint8_t>({blocks_from(row, source.rows), blocks_from(col, source.cols)});
    const auto target = view_result(result);
    without_gil([&] { unsplice::clipped_samples(source, row, col, target, num_threads); });
    return result;
}

Floats sum_levels(const Bytes& levels, const Floats& values, int num_threads) {
    const auto planes = view_planes(levels);
    require_dense(values, 2);
    if (values.shape(0) != planes.count || values.shape(1) != most_level + 1) {
        refuse("expected values of shape (planes, 25)");
    }
    require_threads(num_threads);
    const float* numbers = values.data();
    auto result = new_array<float>({planes.rows, planes.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::sum_levels(planes, numbers, target, num_threads); });
    return result;
}

Wholes own_reference(const Wholes& given) {
    auto reference = own_copy(given, 2);
    if (reference.shape(1) != magnitude_classes) {
        refuse("expected a reference of shape (frequencies, 2049)");
    }
    require_counts(reference);
    return reference;
}

// `first` may hold 0: no earlier compression.
Wholes requantized_counts(const Wholes& magnitudes, const Wholes& first_steps,
                          const Wholes& last_steps) {
    const auto reference = own_reference(magnitudes);
    const auto first = own_copy(first_steps, 1);
    const auto last = own_copy(last_steps, 1);
    const Index frequencies = reference.shape(0);
    if (first.shape(0) != frequencies || last.shape(0) != frequencies) {
        refuse("expected one step a frequency");
    }
    require_steps(last);
    const auto* begin = first.data();
    if (std::any_of(begin, begin + frequencies,
                    [](std::int64_t step) { return step < 0 || step > 65535; })) {
        refuse("expected steps from 0 to 65535");
    }
    auto result = new_array<std::int64_t>({frequencies, most_level + 1});
    std::int64_t* target = result.mutable_data();
    without_gil([&] {
        for (Index f = 0; f < frequencies; ++f) {
            const LevelCounts counts = unsplice::requantized_counts(
                reference.data() + f * magnitude_classes, first.data()[f], last.data()[f]);
            std::copy(counts.begin(), counts.end(), target + f * (most_level + 1));
        }
    });
    return result;
}

Array<double> compression_gains(const Wholes& counts, const Wholes& magnitudes,
                                const Wholes& last_steps, const Wholes& first_steps,
                                const std::vector<double>& shares, int num_threads) {
    const auto observed = own_copy(counts, 2);
    const auto reference = own_reference(magnitudes);
    const auto last = own_copy(last_steps, 1);
    const auto tables = own_copy(first_steps, 2);
    const Index frequencies = reference.shape(0);
    if (observed.shape(0) != frequencies || observed.shape(1) != most_level + 1 ||
        last.shape(0) != frequencies || tables.shape(1) != frequencies) {
        refuse("expected one row or step a frequency");
    }
    require_counts(observed);
    require_steps(last);
    require_steps(tables);
    if (std::any_of(shares.begin(), shares.end(),
                    [](double share) { return !(share >= 0.0 && share < 1.0); })) {
        refuse("expected shares from 0 to below 1");
    }
    require_threads(num_threads);
    auto result =
        new_array<double>({frequencies, tables.shape(0), static_cast<Index>(shares.size())});
    const GainTask task{frequencies,     tables.shape(0),  static_cast<Index>(shares.size()),
                        observed.data(), reference.data(), last.data(),
                        tables.data(),   shares.data(),    result.mutable_data()};
    without_gil([&] { unsplice::compression_gains(task, num_threads); });
    return result;
}

}  // namespace

void bind_history_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto corners = arg("corners").noconvert();
    const auto reference = arg("reference").noconvert();
    const auto last = arg("last").noconvert();
    const auto num_threads = arg("num_threads");
    module.def("block_levels", &block_levels, image, arg("steps").noconvert(), arg("row"),
               arg("col"), num_threads);
    module.def("count_magnitudes", &count_magnitudes, image, corners, num_threads);
    module.def("grid_votes", &grid_votes, image, corners, num_threads);
    module.def("clipped_samples", &clipped_samples, image, arg("row"), arg("col"), num_threads);
    module.def("sum_levels", &sum_levels, arg("levels").noconvert(), arg("values").noconvert(),
               num_threads);
    module.def("requantized_counts", &requantized_counts, reference, arg("first").noconvert(),
               last);
    module.def("compression_gains", &compression_gains, arg("observed").noconvert(), reference,
               last, arg("tables").noconvert(), arg("shares"), num_threads);
}

}  // namespace unsplice::bindings
