#include "noise_artifact.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "haar_rows.hpp"
#include "log_rows.hpp"
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
    if (absolute) {
        UNSPLICE_INDEPENDENT
        for (Index c = 0; c < cols; ++c) {
            const Number noise = residual[c];
            const Number saliency = number(4 * number(number(pixels[c]) - number(cascaded[c])));
            const Number here =
                greatest(greatest(noise, number(-noise)), greatest(saliency, number(-saliency)));
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

UNSPLICE_VECTORIZED void raise(const std::uint8_t* pixels, const std::uint8_t* cascaded,
                               const std::int16_t* residual, bool absolute, Index cols,
                               std::int16_t* largest) {
    raise_row(pixels, cascaded, residual, absolute, cols, largest);
}
UNSPLICE_VECTORIZED void raise(const std::uint8_t* pixels, const std::int32_t* cascaded,
                               const std::int16_t* residual, bool absolute, Index cols,
                               std::int32_t* largest) {
    raise_row(pixels, cascaded, residual, absolute, cols, largest);
}

// The types of what each pass of the cascade gives.
struct Saturating {
    using First = std::uint8_t;
    using Second = std::uint8_t;
    using Third = std::uint8_t;
    using Quarters = std::int16_t;
};

struct Exact {
    using First = std::int16_t;
    using Second = std::int32_t;
    using Third = std::int32_t;
    using Quarters = std::int32_t;
};

// One channel, whose rows from `first_row` on are asked for in ascending order.
template <class Arithmetic>
class Channel {
 public:
    Channel(ImageView<const std::uint8_t> image, Index channel, Index first_row,
            const NoiseArtifactOptions& options)
        : cols_(image.cols),
          absolute_(options.absolute),
          pixels_(image.rows, image.cols, first_row - 3 * radius, kept_pixels,
                  [=](Index r, std::uint8_t* target) {
                      take_channel(image.row(r) + channel, image.cols, target);
                  }),
          first_(image.rows, image.cols, first_row - 2 * radius, window,
                 [this](Index r, First* target) { log_row(pixels_.around(r), cols_, target); }),
          second_(image.rows, image.cols, first_row - radius, window,
                  [this](Index r, Second* target) { log_row(first_.around(r), cols_, target); }),
          residual_(image.rows, image.cols, options.smooth_approximation, first_row,
                    [this](Index r) { return pixels_.row(r); }),
          third_row_(static_cast<std::size_t>(cols_)),
          residual_row_(static_cast<std::size_t>(cols_)) {}

    Channel(const Channel&) = delete;  // the streams point to each other
    Channel& operator=(const Channel&) = delete;

    void raise_to(Index r, typename Arithmetic::Quarters* largest) {
        log_row(second_.around(r), cols_, third_row_.data());
        residual_.make_row(r, residual_row_.data());
        raise(pixels_.row(r), third_row_.data(), residual_row_.data(), absolute_, cols_, largest);
    }

 private:
    using First = typename Arithmetic::First;
    using Second = typename Arithmetic::Second;
    static constexpr Index radius = RowStream<std::uint8_t>::radius;
    static constexpr Index window = RowStream<std::uint8_t>::window;
    // The cascade is three radii ahead of the row that is made, and the residual reads the three
    // rows before it.
    static constexpr Index kept_pixels = 3 * radius + 1 + 3;

    Index cols_;
    bool absolute_;
    RowStream<std::uint8_t> pixels_;
    RowStream<First> first_;
    RowStream<Second> second_;
    HaarResidual<std::uint8_t> residual_;
    std::vector<typename Arithmetic::Third> third_row_;
    std::vector<std::int16_t> residual_row_;
};

template <class Arithmetic>
void make_rows(ImageView<const std::uint8_t> image, const NoiseArtifactOptions& options,
               ImageView<float> result, Index begin, Index end) {
    std::array<std::unique_ptr<Channel<Arithmetic>>, channels> planes;
    for (Index k = 0; k < channels; ++k) {
        planes[k] = std::make_unique<Channel<Arithmetic>>(image, k, begin, options);
    }
    std::vector<typename Arithmetic::Quarters> largest(static_cast<std::size_t>(image.cols));
    for (Index r = begin; r < end; ++r) {
        std::fill(largest.begin(), largest.end(), typename Arithmetic::Quarters{0});
        for (const auto& plane : planes) plane->raise_to(r, largest.data());
        quarter_row(largest.data(), image.cols, result.row(r));
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
