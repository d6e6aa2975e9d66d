#include "noise_artifact.hpp"

#include <algorithm>
#include <deque>
#include <vector>

#include "haar_rows.hpp"
#include "log_strips.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index channels = 3;

UNSPLICE_VECTORIZED void take_channel(const std::uint8_t* pixels, Index cols,
                                      std::uint8_t* result) {
    for (Index c = 0; c < cols; ++c) result[c] = pixels[channels * c];
}

// largest = max(largest, residual, saliency), in quarters, with or without signs.
template <class Number, class Cascaded>
UNSPLICE_INLINE void raise_row(const std::uint8_t* pixels, const Cascaded* cascaded,
                               const std::int16_t* residual, bool absolute, Index cols,
                               Number* largest) {
    const auto number = [](auto value) { return static_cast<Number>(value); };
    const auto greatest = [](Number a, Number b) { return a < b ? b : a; };
    // By bits: compilers negate numbers of 16 bits as numbers of 32.
    const auto magnitude = [number](Number value) {
        const Number sign = number(value >> (8 * sizeof(Number) - 1));
        return number(number(value ^ sign) - sign);
    };
    if (absolute) {
        UNSPLICE_INDEPENDENT
        for (Index c = 0; c < cols; ++c) {
            const Number saliency = number(4 * number(number(pixels[c]) - number(cascaded[c])));
            const Number here = greatest(magnitude(residual[c]), magnitude(saliency));
            largest[c] = greatest(largest[c], here);
        }
    } else {
        UNSPLICE_INDEPENDENT
        for (Index c = 0; c < cols; ++c) {
            const Number saliency = number(4 * number(number(pixels[c]) - number(cascaded[c])));
            largest[c] = greatest(largest[c], greatest(number(residual[c]), saliency));
        }
    }
}

UNSPLICE_VECTORIZED void raise(const std::uint8_t* pixels, const std::uint16_t* cascaded,
                               const std::int16_t* residual, bool absolute, Index cols,
                               std::int16_t* largest) {
    raise_row(pixels, cascaded, residual, absolute, cols, largest);
}
UNSPLICE_VECTORIZED void raise(const std::uint8_t* pixels, const std::int32_t* cascaded,
                               const std::int16_t* residual, bool absolute, Index cols,
                               std::int32_t* largest) {
    raise_row(pixels, cascaded, residual, absolute, cols, largest);
}

// The types that hold the image, the cascade, and what is largest.
struct Saturating {
    using Number = std::uint16_t;
    using Cascaded = std::uint16_t;
    using Quarters = std::int16_t;
};

struct Exact {
    using Number = std::int16_t;
    using Cascaded = std::int32_t;
    using Quarters = std::int32_t;
};

constexpr int passes = 3;
constexpr Index margin = passes * log_radius;
// Rows of one channel before the next one's turn.
constexpr Index rows_at_once = 2 * log_band_rows;

// The last rows of one channel, by their numbers in the image.
class ChannelRows {
 public:
    ChannelRows(ImageView<const std::uint8_t> image, Index channel, Index first_row)
        : rows(image.rows),
          cols(image.cols),
          image_(image),
          channel_(channel),
          next_(std::max<Index>(first_row, 0)),
          values_(static_cast<std::size_t>(kept * cols)) {}

    void take_until(Index row) {
        for (; next_ < std::min(row, rows); ++next_) {
            take_channel(image_.row(next_) + channel_, cols, values_.data() + next_ % kept * cols);
        }
    }
    const std::uint8_t* row(Index r) const { return values_.data() + r % kept * cols; }

    Index rows, cols;

 private:
    // The residual reads three rows before the first of `rows_at_once`; the cascade is ahead of the
    // last by its margin and less than a band.
    static constexpr Index kept = 3 + rows_at_once + margin + log_band_rows;

    ImageView<const std::uint8_t> image_;
    Index channel_, next_;
    std::vector<std::uint8_t> values_;
};

// One channel in rows from `begin` to `end`.
template <class Arithmetic>
class Channel {
 public:
    using Quarters = typename Arithmetic::Quarters;
    using Cascaded = typename Arithmetic::Cascaded;

    Channel(ImageView<const std::uint8_t> image, Index channel, Index begin, Index end,
            const NoiseArtifactOptions& options)
        : begin_(begin),
          absolute_(options.absolute),
          pixels_(image, channel, begin - margin),
          residual_(image.rows, image.cols, options.smooth_approximation, begin,
                    [this](Index r) { return pixels_.row(r); }) {
        for_strips(image.cols,
                   [&](Index, Index width) { strips_.emplace_back(passes, begin, end, width); });
    }

    Channel(const Channel&) = delete;  // the residual points to the pixels
    Channel& operator=(const Channel&) = delete;

    // largest = max(largest, residual, saliency) for rows `first` to `end`: the next ones, at most
    // `rows_at_once`. `cascaded` and `noise` are room for as many rows, and for one.
    void raise(Index first, Index end, Cascaded* cascaded, std::int16_t* noise, Quarters* largest) {
        const Index cols = pixels_.cols;
        auto strip = strips_.begin();
        for_strips(cols, [&](Index col, Index width) {
            const auto take = [&](Index r, Number* target) {
                // Where the image is reflected, rows are needed before their turn.
                pixels_.take_until(std::max(r + log_band_rows, begin_ + margin + 1));
                take_band(pixels_, r, col - margin, width + 2 * margin, target);
            };
            const auto place = [&](Index r) { return cascaded + (r - first) * cols + col; };
            (strip++)->make_until(end, take, place, cols);
        });
        for (Index r = first; r < end; ++r, cascaded += cols, largest += cols) {
            residual_.make_row(r, noise);
            unsplice::raise(pixels_.row(r), cascaded, noise, absolute_, cols, largest);
        }
    }

 private:
    using Number = typename Arithmetic::Number;

    Index begin_;
    bool absolute_;
    ChannelRows pixels_;
    std::deque<LogStrip<Number, Number, Cascaded, Cascaded>> strips_;
    HaarResidual<std::uint8_t> residual_;
};

template <class Arithmetic>
void make_rows(ImageView<const std::uint8_t> image, const NoiseArtifactOptions& options,
               ImageView<float> result, Index begin, Index end) {
    std::deque<Channel<Arithmetic>> planes;
    for (Index k = 0; k < channels; ++k) planes.emplace_back(image, k, begin, end, options);
    const auto size = static_cast<std::size_t>(rows_at_once * image.cols);
    std::vector<typename Arithmetic::Cascaded> cascaded(size);
    std::vector<typename Arithmetic::Quarters> largest(size);
    std::vector<std::int16_t> noise(static_cast<std::size_t>(image.cols));
    for (Index row = begin; row < end; row += rows_at_once) {
        const Index next = std::min(row + rows_at_once, end);
        std::fill(largest.begin(), largest.end(), typename Arithmetic::Quarters{0});
        for (Channel<Arithmetic>& plane : planes) {
            plane.raise(row, next, cascaded.data(), noise.data(), largest.data());
        }
        for (Index r = row; r < next; ++r) {
            quarter_row(largest.data() + (r - row) * image.cols, image.cols, result.row(r));
        }
    }
}

}  // namespace

void noise_artifact(ImageView<const std::uint8_t> image, const NoiseArtifactOptions& options,
                    ImageView<float> result, int num_threads) {
    if (image.cols == 0) return;
    for_row_ranges(image.rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        if (begin == end) return;
        if (options.saturating) {
            make_rows<Saturating>(image, options, result, begin, end);
        } else {
            make_rows<Exact>(image, options, result, begin, end);
        }
    });
}

}  // namespace unsplice
