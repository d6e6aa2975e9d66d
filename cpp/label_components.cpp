#include "label_components.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Writes 64 pixels from the bits of a word and of the runs that begin in it; `components` are those
// of the run before and of the runs that follow.
UNSPLICE_INLINE void paint_word(std::uint64_t word, std::uint64_t begins,
                                const std::int32_t* components, std::int32_t* pixels) {
    for (int i = 0; i < 64; ++i) {
        components += begins >> i & 1;
        pixels[i] = (*components + 1) & -static_cast<std::int32_t>(word >> i & 1);
    }
}

UNSPLICE_VECTORIZED void paint_row(const std::uint64_t* words, Index cols,
                                   const std::int32_t* components, std::int32_t* pixels) {
    std::uint64_t previous = 0;
    for (Index begin = 0; begin < cols; begin += 64, ++words) {
        const std::uint64_t word = *words, begins = word & ~(word << 1 | previous);
        const Index count = std::min<Index>(cols - begin, 64);
        // What no branch foretells is written pixel by pixel; plateaus are written at once.
        if (word == 0) {
            std::fill_n(pixels + begin, count, 0);
        } else if (word == ~std::uint64_t{0}) {
            components += begins & 1;
            std::fill_n(pixels + begin, count, *components + 1);
        } else if (count == 64) {
            paint_word(word, begins, components, pixels + begin);
            components += std::popcount(begins);
        } else {
            std::int32_t rest[64];
            paint_word(word, begins, components, rest);
            std::copy_n(rest, count, pixels + begin);
        }
        previous = word >> 63;
    }
}

}  // namespace

LabelledComponents label_components(ImageView<const std::uint8_t> mask, bool diagonal,
                                    int num_threads) {
    RunTable table = connected_runs(mask, diagonal, num_threads);
    std::vector<ComponentStatistics> statistics = describe(table);
    return {std::move(statistics), std::move(table.words), take_components(table),
            table.words_per_row, table.row_begin[mask.rows]};
}

void paint_labels(ImageView<const std::uint64_t> words, const std::int32_t* run_components,
                  Index num_runs, ImageView<std::int32_t> labels, int num_threads) {
    const auto require = [](bool holds) {
        if (!holds) throw std::invalid_argument("expected as many runs in words as in components");
    };
    std::vector<Index> row_begin(static_cast<std::size_t>(words.rows) + 1);
    for (Index r = 0; r < words.rows; ++r) {
        row_begin[r + 1] = row_begin[r] + count_runs(words.row(r), words.cols);
    }
    require(row_begin[words.rows] == num_runs);
    for_row_ranges(labels.rows, labels.cols, num_threads, [&](Index begin, Index end) {
        std::vector<std::uint64_t> row_words(static_cast<std::size_t>(words.cols));
        std::vector<std::int32_t> row_components;
        for (Index r = begin; r < end; ++r) {
            // A copy, in case another thread changes them.
            std::copy_n(words.row(r), words.cols, row_words.begin());
            const Index runs = row_begin[r + 1] - row_begin[r];
            require(count_runs(row_words.data(), words.cols) == runs);
            // The first stands for what is before the first run.
            row_components.assign(1, 0);
            row_components.insert(row_components.end(), run_components + row_begin[r],
                                  run_components + row_begin[r + 1]);
            paint_row(row_words.data(), labels.cols, row_components.data(), labels.row(r));
        }
    });
}

}  // namespace unsplice
