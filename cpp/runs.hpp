// Connected components by runs: what all kernels on components share.
#pragma once

#include <cstdint>
#include <vector>

#include "buffer.hpp"
#include "image_view.hpp"
#include "parallel.hpp"

namespace unsplice {

// A mask as bits, and the component that each of its runs of true pixels belongs to.
//
// A piece is what a component has within one of the ranges of rows that the threads share: what is
// gathered by piece is gathered without a thread in another's way, and the pieces are then put
// together. Pieces count from 0 range by range, within one in raster order of their first pixels;
// so do components over the whole mask. With one range a piece is a component.
struct RunTable {
    Index rows, cols;
    Index words_per_row;
    // Bit i of word w of a row is the pixel in column 64 * w + i; the bits beyond the last column
    // are 0.
    Buffer<std::uint64_t> words;
    // Row r has the runs [row_begin[r], row_begin[r + 1]), in raster order.
    std::vector<Index> row_begin;
    Buffer<std::int32_t> piece;           // of each run
    std::vector<std::int32_t> component;  // of each piece, at most its number
    Index num_components;
    std::vector<RowRange> ranges;

    const std::uint64_t* row_words(Index r) const { return words.get() + r * words_per_row; }
    const std::int32_t* row_pieces(Index r) const { return piece.get() + row_begin[r]; }
    Index num_pieces() const { return static_cast<Index>(component.size()); }
};

// Any byte but 0 in `mask` is true. `diagonal` joins pixels that touch at a corner (connectivity
// 8). std::length_error where 32 bits cannot count the rows, the columns or the runs.
//
// Method: where a run of a row and one of the row above touch is found for 64 pixels at a time by
// logic on their words; union-find, in which the earliest is the root, joins the two.
// Cost: the mask is read once, 1 bit a pixel and 4 bytes a run are written; the time goes with the
// contacts, and hardly any branch depends on the pixels.
RunTable connected_runs(ImageView<const std::uint8_t> mask, bool diagonal, int num_threads);

// The component of each run; the table has no pieces any more.
Buffer<std::int32_t> take_components(RunTable& table);

// The number of runs in a row of words.
Index count_runs(const std::uint64_t* words, Index words_per_row);

// Fills edges with the first column of each run of row r and the one after its last, in turn.
void decode_row(const RunTable& table, Index r, std::vector<std::int32_t>& edges);

// Calls body(r, edges, pieces, runs) for each row, range by range on its own thread: run i of the
// row covers the columns [edges[2 * i], edges[2 * i + 1]).
template <class Body>
void for_each_row_of_runs(const RunTable& table, const Body& body) {
    for_ranges(table.ranges, [&](const RowRange& range) {
        std::vector<std::int32_t> edges;
        for (Index r = range.begin; r < range.end; ++r) {
            decode_row(table, r, edges);
            body(r, edges.data(), table.row_pieces(r), table.row_begin[r + 1] - table.row_begin[r]);
        }
    });
}

// Puts together what was gathered by piece: merge(total, part) adds a part to its component.
template <class Values, class Merge>
void merge_pieces(const RunTable& table, Values& values, const Merge& merge) {
    Index found = 0;
    for (Index piece = 0; piece < table.num_pieces(); ++piece) {
        const Index component = table.component[piece];
        if (component == found) {
            values[found++] = values[piece];  // never behind the piece, so nothing is lost
        } else {
            merge(values[component], values[piece]);
        }
    }
    values.resize(static_cast<std::size_t>(found));
}

}  // namespace unsplice
