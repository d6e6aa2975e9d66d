#include "color_rows.hpp"

#include <algorithm>

#include "instruction_set.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index piece = 512;  // columns

using Signed = std::int16_t;

// Compilers find no vector code for steps of three bytes at the floor of x86-64: these loops stand
// apart from the arithmetic, so that it is vectorised all the same.
struct Channels {
    std::uint8_t red[piece], green[piece], blue[piece];

    void split(const std::uint8_t* rgb, Index cols) {
        for (Index c = 0; c < cols; ++c) {
            red[c] = rgb[3 * c];
            green[c] = rgb[3 * c + 1];
            blue[c] = rgb[3 * c + 2];
        }
    }
    void join(Index cols, std::uint8_t* __restrict rgb) const {
        for (Index c = 0; c < cols; ++c) {
            rgb[3 * c] = red[c];
            rgb[3 * c + 1] = green[c];
            rgb[3 * c + 2] = blue[c];
        }
    }
};

// The equations in 16 bits. The factors of Y sum to 1 and those of Cb and Cr to 0, so that the
// differences from green are all it takes; a factor is split into 256 h + l, and (256 H + L) >> 16
// is (H + (L >> 8)) >> 8.
void to_ycc(const Channels& channels, Index cols, std::uint8_t* __restrict y,
            std::uint8_t* __restrict cb, std::uint8_t* __restrict cr) {
    const auto joined = [](int high, int low) {
        return static_cast<Signed>(static_cast<Signed>(high + (static_cast<Signed>(low) >> 8)) >>
                                   8);
    };
    for (Index c = 0; c < cols; ++c) {
        const Signed g = channels.green[c];
        const Signed r = static_cast<Signed>(channels.red[c] - g);
        const Signed b = static_cast<Signed>(channels.blue[c] - g);
        y[c] = static_cast<std::uint8_t>(g + joined(77 * r + 29 * b + 128, 47 * b - 117 * r));
        cb[c] = static_cast<std::uint8_t>(128 + joined(128 * b - 43 * r + 127, 255 - 51 * r));
        cr[c] = static_cast<std::uint8_t>(128 + joined(128 * r - 21 * b + 127, 255 + 47 * b));
    }
}

UNSPLICE_INLINE std::uint8_t clipped(int x) {
    return static_cast<std::uint8_t>(x < 0 ? 0 : x > 255 ? 255 : x);
}

// (x * factor + 2^15) >> 16
UNSPLICE_INLINE Signed rounded_product(Signed x, Signed factor) {
    const Signed twice = static_cast<Signed>(2 * x);
    const Signed product = static_cast<Signed>((int{twice} * int{factor}) >> 16);
    return static_cast<Signed>(static_cast<Signed>(product + 1) >> 1);
}

void to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, Index cols,
            Channels& channels) {
    for (Index c = 0; c < cols; ++c) {
        const Signed luma = y[c];
        const Signed b = static_cast<Signed>(cb[c] - 128), r = static_cast<Signed>(cr[c] - 128);
        // 91881 = 2^16 + 26345, 116130 = 2 * 2^16 - 14942
        const Signed r_part = rounded_product(r, 26345), b_part = rounded_product(b, -14942);
        // -22554 = -(256 * 88 + 26), -46802 = -2^16 + 256 * 73 + 46
        const Signed low = static_cast<Signed>(46 * r - 26 * b);
        const Signed high = static_cast<Signed>(73 * r - 88 * b + 128 + (low >> 8));
        channels.red[c] = clipped(static_cast<Signed>(luma + r + r_part));
        channels.green[c] = clipped(static_cast<Signed>(luma - r + (high >> 8)));
        channels.blue[c] = clipped(static_cast<Signed>(luma + 2 * b + b_part));
    }
}

// Calls body(first column, columns): the channels of a piece of a row stay in the first cache.
template <class Body>
void for_pieces(Index cols, const Body& body) {
    for (Index c = 0; c < cols; c += piece) body(c, std::min(cols - c, piece));
}

#if UNSPLICE_CHOOSES_BY_PROCESSOR
bool has_other_form(Index cols) { return cols >= least_cols_avx2 && has_avx2(); }
#endif

}  // namespace

void rgb_to_ycc(const std::uint8_t* rgb, Index cols, std::uint8_t* y, std::uint8_t* cb,
                std::uint8_t* cr) {
#if UNSPLICE_CHOOSES_BY_PROCESSOR
    if (has_other_form(cols)) return rgb_to_ycc_avx2(rgb, cols, y, cb, cr);
#endif
    Channels channels;
    for_pieces(cols, [&](Index c, Index count) {
        channels.split(rgb + 3 * c, count);
        to_ycc(channels, count, y + c, cb + c, cr + c);
    });
}

void color_distances(const std::uint8_t* rgb, const std::uint8_t* y, const std::uint8_t* cb,
                     const std::uint8_t* cr, Index cols, std::uint8_t* __restrict result) {
#if UNSPLICE_CHOOSES_BY_PROCESSOR
    if (has_other_form(cols)) return color_distances_avx2(rgb, y, cb, cr, cols, result);
#endif
    Channels channels;
    for_pieces(cols, [&](Index c, Index count) {
        to_rgb(y + c, cb + c, cr + c, count, channels);
        channels.join(count, result + 3 * c);
    });
    for (Index i = 0; i < 3 * cols; ++i) {
        const std::uint8_t a = rgb[i], b = result[i];
        result[i] = static_cast<std::uint8_t>(std::max(a, b) - std::min(a, b));
    }
}

}  // namespace unsplice
