#include "close_mask.hpp"

#include <algorithm>
#include <cstring>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr std::uint8_t far = 2 * most_reach;  // adding any step to it leaves it a byte

UNSPLICE_VECTORIZED void mark_row(const std::uint8_t* mask, bool inverted, Index cols,
                                  std::uint8_t* __restrict distances) {
    const std::uint8_t of_true = inverted ? far : 0, of_false = inverted ? 0 : far;
    for (Index c = 0; c < cols; ++c) distances[c] = mask[c] != 0 ? of_true : of_false;
}

// From distances that count steps shorter than `step` to those that count `step` too; `distances`
// continues by a step on either side.
UNSPLICE_VECTORIZED void step_row(const std::uint8_t* distances, Index step, Index cols,
                                  std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const std::uint8_t nearer = std::min(distances[c - step], distances[c + step]);
        const std::uint8_t moved = static_cast<std::uint8_t>(nearer + step);
        result[c] = std::min(distances[c], moved);
    }
}

UNSPLICE_VECTORIZED void reach_row(const std::uint8_t* distances, std::uint8_t half_width,
                                   Index cols, std::uint8_t* __restrict hit) {
    for (Index c = 0; c < cols; ++c) {
        hit[c] = static_cast<std::uint8_t>(hit[c] | (distances[c] <= half_width));
    }
}

struct Extremes {
    std::uint8_t nearest, farthest;
};

// std::minmax_element looks at one element at a time.
UNSPLICE_VECTORIZED Extremes extremes_of_row(const std::uint8_t* distances, Index cols) {
    std::uint8_t nearest = 255, farthest = 0;
    for (Index c = 0; c < cols; ++c) {
        nearest = std::min(nearest, distances[c]);
        farthest = std::max(farthest, distances[c]);
    }
    return {nearest, farthest};
}

UNSPLICE_VECTORIZED void invert_row(Index cols, std::uint8_t* row) {
    for (Index c = 0; c < cols; ++c) row[c] ^= 1;
}

// Where the rows of a mask lie within the rows of a result.
struct Source {
    ImageView<const std::uint8_t> mask;
    bool inverted;  // false pixels spread, and the result is false where they reach
    Index offset;   // pixel (r, c) of the mask lies at (r + offset, c + offset) of the result
};

// The distance of each column of the result to the nearest true pixel, for some rows of a mask.
class Distances {
 public:
    Distances(const Source& source, Index reach, Index cols, Index first_row)
        : source_(source),
          reach_(reach),
          cols_(cols),
          kept_(2 * reach + 1),
          next_(std::max<Index>(first_row, 0)),
          rows_(static_cast<std::size_t>(kept_ * cols)),
          kinds_(static_cast<std::size_t>(kept_)) {
        for (auto& buffer : buffers_) {
            buffer.assign(static_cast<std::size_t>(cols + 4 * margin), far);
        }
    }

    void make_until(Index last) {
        for (; next_ <= std::min(last, source_.mask.rows - 1); ++next_) make_row(next_);
    }
    const std::uint8_t* row(Index r) const { return rows_.data() + r % kept_ * cols_; }
    bool is_empty(Index r) const { return kinds_[r % kept_] == Kind::empty; }
    bool is_full(Index r) const { return kinds_[r % kept_] == Kind::full; }

 private:
    enum class Kind : std::uint8_t { mixed, empty, full };
    static constexpr Index margin = most_reach;  // beyond the result; twice, to step from there

    void make_row(Index r) {
        std::uint8_t* from = buffers_[0].data() + 2 * margin;
        std::uint8_t* to = buffers_[1].data() + 2 * margin;
        const Index begin = std::max(source_.offset, -margin);
        const Index end = std::min(source_.offset + source_.mask.cols, cols_ + margin);
        std::memset(from - margin, far, static_cast<std::size_t>(cols_ + 2 * margin));
        if (begin < end) {
            mark_row(source_.mask.row(r) + (begin - source_.offset), source_.inverted, end - begin,
                     from + begin);
        }
        for (Index step = 1; step <= reach_; step *= 2) {
            step_row(from - margin, step, cols_ + 2 * margin, to - margin);
            std::swap(from, to);
        }
        std::uint8_t* target = rows_.data() + r % kept_ * cols_;
        std::memcpy(target, from, static_cast<std::size_t>(cols_));
        const Extremes found = extremes_of_row(target, cols_);
        kinds_[r % kept_] = found.farthest == 0    ? Kind::full
                            : found.nearest == far ? Kind::empty
                                                   : Kind::mixed;
    }

    Source source_;
    Index reach_, cols_, kept_, next_;
    std::vector<std::uint8_t> rows_, buffers_[2];
    std::vector<Kind> kinds_;
};

void spread(const Source& source, const HalfWidths& half_widths, ImageView<std::uint8_t> result,
            int num_threads) {
    const Index rows = source.mask.rows, cols = result.cols;
    if (cols == 0) return;
    const Index down = static_cast<Index>(half_widths.size()) - 1;
    const Index reach =
        std::max<Index>(down, *std::max_element(half_widths.begin(), half_widths.end()));
    for_row_ranges(result.rows, (down + 1) * cols, num_threads, [&](Index begin, Index end) {
        Distances distances(source, reach, cols, begin - source.offset - down);
        for (Index r = begin; r < end; ++r) {
            const Index centre = r - source.offset;
            const Index first = std::max<Index>(centre - down, 0);
            const Index last = std::min(centre + down, rows - 1);
            distances.make_until(last);
            std::uint8_t* hit = result.row(r);
            const bool full = centre >= 0 && centre < rows && distances.is_full(centre);
            std::memset(hit, full ? 1 : 0, static_cast<std::size_t>(cols));
            for (Index s = first; s <= last && !full; ++s) {
                if (distances.is_empty(s)) continue;
                reach_row(distances.row(s), half_widths[s < centre ? centre - s : s - centre], cols,
                          hit);
            }
            if (source.inverted) invert_row(cols, hit);
        }
    });
}

}  // namespace

void close_mask(ImageView<const std::uint8_t> mask, const HalfWidths& half_widths,
                ImageView<std::uint8_t> result, int num_threads) {
    const Index reach = std::max<Index>(static_cast<Index>(half_widths.size()) - 1,
                                        *std::max_element(half_widths.begin(), half_widths.end()));
    const Index rows = mask.rows + 2 * reach, cols = mask.cols + 2 * reach;
    std::vector<std::uint8_t> values(static_cast<std::size_t>(rows * cols));
    const ImageView<std::uint8_t> dilated{values.data(), rows, cols, 1, cols};
    spread({mask, false, reach}, half_widths, dilated, num_threads);
    const ImageView<const std::uint8_t> grown{values.data(), rows, cols, 1, cols};
    spread({grown, true, -reach}, half_widths, result, num_threads);
}

}  // namespace unsplice
