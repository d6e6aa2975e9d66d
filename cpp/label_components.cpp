#include "label_components.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <utility>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// With more changes in a word than this, to go pixel by pixel is faster.
constexpr int most_changes = 12;

// Writes 64 pixels a word, and up to 63 more behind the last. A row takes the next of its values
// wherever its bits change.
UNSPLICE_VECTORIZED void paint_row(const std::uint64_t* words, Index words_per_row,
                                   const std::int32_t* values, std::int32_t* pixels) {
    // Plateaus are as long as a register is wide, or longer: 64 pixels are written from each change
    // on, and the next change corrects them. No loop asks how long a run is, for that no branch
    // foretells.
    const auto fill = [](std::int32_t value, std::int32_t* begin) {
        for (int i = 0; i < 64; ++i) begin[i] = value;
    };
    std::uint64_t previous = 0;
    for (Index w = 0; w < words_per_row; ++w, pixels += 64) {
        std::uint64_t changes = words[w] ^ (words[w] << 1 | previous);
        previous = words[w] >> 63;
        if (std::popcount(changes) > most_changes) {
            for (int i = 0; i < 64; i += 8, changes >>= 8) {
                for (int k = 0; k < 8; ++k) {
                    values += changes >> k & 1;
                    pixels[i + k] = *values;
                }
            }
            continue;
        }
        fill(*values, pixels);
        for (; changes != 0; changes &= changes - 1) {
            fill(*++values, pixels + std::countr_zero(changes));
        }
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
        std::vector<std::int32_t> values, pixels(static_cast<std::size_t>(64 * (words.cols + 1)));
        for (Index r = begin; r < end; ++r) {
            // A copy, in case another thread changes them.
            std::copy_n(words.row(r), words.cols, row_words.begin());
            const Index runs = row_begin[r + 1] - row_begin[r];
            require(count_runs(row_words.data(), words.cols) == runs);
            const std::int32_t* components = run_components + row_begin[r];
            values.assign(static_cast<std::size_t>(2 * runs + 1), 0);
            for (Index run = 0; run < runs; ++run) {
                if (components[run] == std::numeric_limits<std::int32_t>::max()) {
                    throw std::invalid_argument("expected components below 2147483647");
                }
                values[2 * run + 1] = components[run] + 1;
            }
            paint_row(row_words.data(), words.cols, values.data(), pixels.data());
            std::copy_n(pixels.begin(), labels.cols, labels.row(r));
        }
    });
}

}  // namespace unsplice
