#include "level_counts.hpp"

#include <algorithm>
#include <vector>

#include "level_tables.hpp"
#include "parallel.hpp"

namespace unsplice {
namespace {

// Adds the levels of some rows to `counts`.
template <class Pixel>
void count_rows(ImageView<const Pixel> image, const RowRange& range, std::int64_t* counts) {
    constexpr Index most = Index{1} << 31;  // pixels that 32 bits count for sure
    std::vector<std::uint32_t> tables(level_tables_size<Pixel>);
    Index counted = 0;
    for (Index r = range.begin; r < range.end; ++r) {
        for (Index begin = 0; begin < image.cols; begin += most) {
            const Index number = std::min(most, image.cols - begin);
            if (counted > most - number) {
                add_up_level_tables<Pixel>(tables.data(), counts);
                std::fill(tables.begin(), tables.end(), 0);
                counted = 0;
            }
            add_to_level_tables(image.row(r) + begin, number, tables.data());
            counted += number;
        }
    }
    add_up_level_tables<Pixel>(tables.data(), counts);
}

}  // namespace

template <class Pixel>
void level_counts(ImageView<const Pixel> image, std::int64_t* counts, int num_threads) {
    const std::vector<RowRange> ranges = split_rows(image.rows, image.cols, num_threads);
    // The first range counts where the sum will be.
    std::vector<std::vector<std::int64_t>> others(ranges.size() - 1);
    std::fill_n(counts, num_levels<Pixel>, 0);
    for_ranges(ranges, [&](const RowRange& range) {
        const std::size_t number = static_cast<std::size_t>(&range - ranges.data());
        if (number > 0) others[number - 1].resize(num_levels<Pixel>);
        count_rows(image, range, number > 0 ? others[number - 1].data() : counts);
    });
    for (const std::vector<std::int64_t>& other : others) {
        for (Index level = 0; level < num_levels<Pixel>; ++level) counts[level] += other[level];
    }
}

template void level_counts<std::uint8_t>(ImageView<const std::uint8_t>, std::int64_t*, int);
template void level_counts<std::uint16_t>(ImageView<const std::uint16_t>, std::int64_t*, int);

}  // namespace unsplice
