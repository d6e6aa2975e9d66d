#include "equalize_clahe.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "borders.hpp"
#include "level_tables.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr int levels = num_levels<std::uint8_t>;
constexpr Index tables_size = level_tables_size<std::uint8_t>;

// One axis of the picture and its tiles.
struct Axis {
    Index size, tiles, tile_size;

    // The tile whose centre is at `index` or the last before it, from -1 on.
    Index tile_before(Index index) const { return (2 * index + tile_size) / (2 * tile_size) - 1; }
    // How far `index` is from there to the next centre.
    float weight(Index index) const {
        const Index rest = (2 * index + tile_size) % (2 * tile_size);
        return static_cast<float>(rest) / static_cast<float>(2 * tile_size);
    }
    // The first index whose tile_before is at least `tile`.
    Index first_after(Index tile) const {
        return std::clamp<Index>(((2 * tile + 1) * tile_size + 1) / 2, 0, size);
    }
    Index inside(Index tile) const { return std::clamp<Index>(tile, 0, tiles - 1); }
};

using Count = std::int32_t;

// In double precision, to which 255 count / area lies further from any half than it is rounded by,
// unless it is one: 1 / (2 area) > 2^-32, where numbers up to 255 are 2^-45 apart.
UNSPLICE_VECTORIZED_TO_V4 void put_map(const Count* below, double area, float* __restrict map) {
    constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52: has no room for a fraction
    for (Index level = 0; level < levels; ++level) {
        map[level] = static_cast<float>((255.0 * below[level] / area + magic) - magic);
    }
}

// The levels of one row of tiles, as they are mapped.
class TileRow {
 public:
    TileRow(ImageView<const std::uint8_t> image, const Axis& down, const Axis& across,
            double clip_limit)
        : image_(image),
          down_(down),
          across_(across),
          area_(down.tile_size * across.tile_size),
          tables_(static_cast<std::size_t>(across.tiles * tables_size)) {
        const double most = clip_limit * static_cast<double>(area_) / levels;
        most_ = static_cast<Count>(std::clamp(most, 1.0, static_cast<double>(area_)));
    }

    void map(Index tile_row, float* maps) {
        std::fill(tables_.begin(), tables_.end(), 0);
        for (Index k = 0; k < down_.tile_size; ++k) {
            add_row(image_.row(reflect_101(tile_row * down_.tile_size + k, down_.size)));
        }
        for (Index j = 0; j < across_.tiles; ++j) {
            Count counts[levels] = {};
            add_up_level_tables<std::uint8_t>(tables_.data() + j * tables_size, counts);
            limit(counts);
            std::partial_sum(counts, counts + levels, counts);
            put_map(counts, static_cast<double>(area_), maps + j * levels);
        }
    }

 private:
    void add_row(const std::uint8_t* row) {
        std::uint32_t* tables = tables_.data();
        for (Index j = 0; j < across_.tiles; ++j, tables += tables_size) {
            const Index begin = j * across_.tile_size, end = begin + across_.tile_size;
            const Index inside = std::clamp(across_.size, begin, end);
            add_to_level_tables(row + std::min(begin, across_.size), inside - begin, tables);
            for (Index c = inside; c < end; ++c) ++tables[row[reflect_101(c, across_.size)]];
        }
    }

    void limit(Count* counts) const {
        Count excess = 0;
        for (Index level = 0; level < levels; ++level) {
            excess += std::max<Count>(counts[level] - most_, 0);
            counts[level] = std::min(counts[level], most_);
        }
        const Count share = excess / levels, rest = excess % levels;
        for (Index level = 0; level < levels; ++level) counts[level] += share;
        if (rest == 0) return;
        const Index step = levels / rest;
        for (Index i = 0; i < rest; ++i) ++counts[i * step];
    }

    ImageView<const std::uint8_t> image_;
    Axis down_, across_;
    Index area_;
    Count most_;
    std::vector<std::uint32_t> tables_;
};

UNSPLICE_VECTORIZED_TO_V4 void blend_down(const float* upper, const float* lower, float weight,
                                          Index count, float* __restrict result) {
    for (Index i = 0; i < count; ++i) result[i] = upper[i] + weight * (lower[i] - upper[i]);
}

UNSPLICE_VECTORIZED_TO_V4 void blend_across(const std::uint8_t* pixels, const float* left,
                                            const float* right, const float* weights, Index count,
                                            std::uint8_t* __restrict result) {
    // Beyond this a float has no room for a fraction: its last bits are the whole number.
    constexpr float magic = 12582912.0f;
    for (Index i = 0; i < count; ++i) {
        const float a = left[pixels[i]];
        const float level = a + weights[i] * (right[pixels[i]] - a);
        result[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(level + magic));
    }
}

}  // namespace

void equalize_clahe(ImageView<const std::uint8_t> image, double clip_limit, TileGrid grid,
                    ImageView<std::uint8_t> result, int num_threads) {
    const Index rows = image.rows, cols = image.cols;
    if (rows == 0 || cols == 0) return;
    const bool divided = rows % grid.down == 0 && cols % grid.across == 0;
    const Index extra = divided ? 0 : 1;
    const Axis down{rows, grid.down, rows / grid.down + extra};
    const Axis across{cols, grid.across, cols / grid.across + extra};
    if (down.tile_size > ((Index{1} << 31) - 1) / across.tile_size) {
        throw std::length_error("expected tiles of less than 2^31 pixels");
    }

    const Index row_of_maps = grid.across * levels;
    std::vector<float> maps(static_cast<std::size_t>(grid.down * row_of_maps));
    const Index tile_row_length = down.tile_size * across.tile_size * across.tiles;
    for_row_ranges(grid.down, tile_row_length, num_threads, [&](Index begin, Index end) {
        TileRow tile_row(image, down, across, clip_limit);
        for (Index i = begin; i < end; ++i) tile_row.map(i, maps.data() + i * row_of_maps);
    });

    std::vector<float> weights(static_cast<std::size_t>(cols));
    for (Index c = 0; c < cols; ++c) weights[c] = across.weight(c);
    for_row_ranges(rows, cols, num_threads, [&](Index begin, Index end) {
        std::vector<float> blended(static_cast<std::size_t>(row_of_maps));
        for (Index r = begin; r < end; ++r) {
            const Index i = down.tile_before(r);
            blend_down(maps.data() + down.inside(i) * row_of_maps,
                       maps.data() + down.inside(i + 1) * row_of_maps, down.weight(r), row_of_maps,
                       blended.data());
            for (Index j = -1; j < grid.across; ++j) {
                const Index first = across.first_after(j), last = across.first_after(j + 1);
                blend_across(image.row(r) + first, blended.data() + across.inside(j) * levels,
                             blended.data() + across.inside(j + 1) * levels, weights.data() + first,
                             last - first, result.row(r) + first);
            }
        }
    });
}

}  // namespace unsplice
