#include "band_energies.hpp"

#include "block_groups.hpp"
#include "logarithm.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index last_of_band[energy_bands] = {2, 5, 14};  // of v + h
constexpr double frequencies_of_band[energy_bands] = {5.0, 15.0, 43.0};

constexpr Index band_of(Index k) {
    const Index order = k / block_side + k % block_side;
    return order <= last_of_band[0] ? 0 : order <= last_of_band[1] ? 1 : 2;
}

// Into memory of the caller, as in requantization_errors.
UNSPLICE_VECTORIZED void sum_squares(const BlockGroup& group,
                                     float (&sums)[energy_bands][block_lanes]) {
    for (auto& of_band : sums) {
        for (float& sum : of_band) sum = 0.0f;
    }
    for (Index k = 1; k < block_samples; ++k) {
        float* of_band = sums[band_of(k)];
        UNSPLICE_INDEPENDENT
        for (Index i = 0; i < block_lanes; ++i) of_band[i] += group[k][i] * group[k][i];
    }
}

}  // namespace

void band_energies(ImageView<const std::uint8_t> image, Index row, Index col,
                   StackView<float> result, int num_threads) {
    for_block_groups(image, row, col, result.rows, result.cols, num_threads,
                     [&](Index r, Index first, Index count, const BlockGroup& group) {
                         float sums[energy_bands][block_lanes];
                         sum_squares(group, sums);
                         for (Index band = 0; band < energy_bands; ++band) {
                             float* energies = result.image(band).row(r) + first;
                             for (Index i = 0; i < count; ++i) {
                                 energies[i] = static_cast<float>(
                                     logarithm(sums[band][i] / frequencies_of_band[band] + 0.02));
                             }
                         }
                     });
}

}  // namespace unsplice
