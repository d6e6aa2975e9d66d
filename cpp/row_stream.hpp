// Pictures that are made row by row and never exist as a whole.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "borders.hpp"
#include "image_view.hpp"

namespace unsplice {

// The last few rows of such a picture, each with two reflected columns on either side.
//
// Filters are chained by streams: where a row and its neighbors are asked for, the rows that are
// not there yet are made, each by a function that may ask the stream before it for rows.
template <class Value>
class RowStream {
 public:
    static constexpr Index radius = 2;
    static constexpr Index window = 2 * radius + 1;

    // Five neighboring rows, the middle one at [2].
    struct Neighborhood {
        const Value* rows[window];
    };

    // Starts at `first_row`; the last `kept` rows stay. make_row(r, target) makes row r.
    RowStream(Index rows, Index cols, Index first_row, Index kept,
              std::function<void(Index, Value*)> make_row)
        : rows_(rows),
          cols_(cols),
          next_(std::max<Index>(first_row, 0)),
          kept_(kept),
          values_(static_cast<std::size_t>(kept * (cols + 2 * radius))),
          make_row_(std::move(make_row)) {}

    void make_until(Index last) {
        for (; next_ <= last; ++next_) {
            make_row_(next_, slot(next_));
            reflect_columns(slot(next_));
        }
    }

    // Row r, which was made and is still kept.
    const Value* row(Index r) const { return values_.data() + offset(r); }

    Neighborhood around(Index r) {
        make_until(std::min(r + radius, rows_ - 1));
        Neighborhood result;
        for (Index i = 0; i < window; ++i) {
            result.rows[i] = row(reflect_101(r - radius + i, rows_));
        }
        return result;
    }

 private:
    Index offset(Index r) const { return r % kept_ * (cols_ + 2 * radius) + radius; }
    Value* slot(Index r) { return values_.data() + offset(r); }

    void reflect_columns(Value* values) const {
        for (Index i = 1; i <= radius; ++i) {
            values[-i] = values[reflect_101(-i, cols_)];
            values[cols_ - 1 + i] = values[reflect_101(cols_ - 1 + i, cols_)];
        }
    }

    Index rows_, cols_, next_, kept_;
    std::vector<Value> values_;
    std::function<void(Index, Value*)> make_row_;
};

}  // namespace unsplice
