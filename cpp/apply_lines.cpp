#include "apply_lines.hpp"

#include <algorithm>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Where the pixels of a cell lie between its centre and that of a neighbour.
constexpr float farther = 0.375f, nearer = 0.125f;

// From one row of cells towards another.
UNSPLICE_VECTORIZED_TO_V4 void blend_rows(const float* near, const float* far, float way,
                                          Index cols, float* __restrict result) {
    for (Index i = 0; i < cols; ++i) result[i] = near[i] + way * (far[i] - near[i]);
}

// Four pixels a cell; `cells` continues by one on either side, `result` to the end of the last
// cell.
UNSPLICE_VECTORIZED_TO_V4 void spread_row(const float* cells, Index count,
                                          float* __restrict result) {
    for (Index i = 0; i < count; ++i) {
        const float here = cells[i], before = cells[i - 1] - here, after = cells[i + 1] - here;
        result[4 * i] = here + farther * before;
        result[4 * i + 1] = here + nearer * before;
        result[4 * i + 2] = here + nearer * after;
        result[4 * i + 3] = here + farther * after;
    }
}

UNSPLICE_VECTORIZED_TO_V4 void add_row(const std::uint8_t* rgb, const float* heat,
                                       const float* slopes, const float* offsets, Index cols,
                                       float* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const float line = slopes[c] * static_cast<float>(gray_level(rgb + 3 * c)) + offsets[c];
        const float value = heat[c] + line;
        const float positive = value > 0.0f ? value : 0.0f;
        result[c] = positive < 1.0f ? positive : 1.0f;
    }
}

}  // namespace

void apply_lines(ImageView<const std::uint8_t> image, ImageView<const float> heatmap,
                 ImageView<const float> slopes, ImageView<const float> offsets,
                 ImageView<float> result, int num_threads) {
    const Index count = slopes.cols;
    if (count == 0) return;
    const auto spread = [&](ImageView<const float> cells, Index r, float* blended,
                            float* __restrict target) {
        const Index here = r / cell_side, place = r % cell_side;
        const Index other = std::clamp<Index>(here + (place < 2 ? -1 : 1), 0, cells.rows - 1);
        const float way = place == 0 || place == 3 ? farther : nearer;
        blend_rows(cells.row(here), cells.row(other), way, count, blended);
        blended[-1] = blended[0];
        blended[count] = blended[count - 1];
        spread_row(blended, count, target);
    };
    for_row_ranges(image.rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        std::vector<float> blended(static_cast<std::size_t>(count + 2));
        std::vector<float> slope(static_cast<std::size_t>(cell_side * count));
        std::vector<float> offset(slope.size());
        for (Index r = begin; r < end; ++r) {
            spread(slopes, r, blended.data() + 1, slope.data());
            spread(offsets, r, blended.data() + 1, offset.data());
            add_row(image.row(r), heatmap.row(r), slope.data(), offset.data(), image.cols,
                    result.row(r));
        }
    });
}

}  // namespace unsplice
