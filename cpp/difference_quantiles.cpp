#include "difference_quantiles.hpp"

#include <algorithm>
#include <cmath>

#include "parallel.hpp"

namespace unsplice {
namespace {

constexpr Index planes = DifferenceRows::planes;

// Where each sample stands when they are ordered by kind, and where each kind begins.
struct Order {
    std::vector<Index> place, begin;
};

Order order_by_kind(const Samples& samples) {
    Order order{std::vector<Index>(samples.kinds.size()),
                std::vector<Index>(static_cast<std::size_t>(samples.num_kinds + 1))};
    for (const std::uint8_t kind : samples.kinds) ++order.begin[kind + 1];
    for (Index k = 0; k < samples.num_kinds; ++k) order.begin[k + 1] += order.begin[k];
    std::vector<Index> next = order.begin;
    for (std::size_t i = 0; i < samples.kinds.size(); ++i) {
        order.place[i] = next[samples.kinds[i]]++;
    }
    return order;
}

}  // namespace

std::vector<float> difference_quantiles(ImageView<const std::uint8_t> first,
                                        ImageView<const std::uint8_t> second,
                                        const Samples& samples,
                                        const std::vector<GaussianWeights>& scales, double share,
                                        int num_threads) {
    const Index cols = first.cols, count = static_cast<Index>(samples.indices.size());
    const Index num_scales = static_cast<Index>(scales.size());
    const Order order = order_by_kind(samples);
    std::vector<float> magnitudes(static_cast<std::size_t>(num_scales * planes * count));

    for_row_ranges(first.rows, first.row_length(), num_threads, [&](Index begin, Index end) {
        const auto sample_at = [&](Index r) {
            return std::lower_bound(samples.indices.begin(), samples.indices.end(), r * cols) -
                   samples.indices.begin();
        };
        const Index last = sample_at(end);
        Index next = sample_at(begin);
        if (next == last) return;
        DifferenceRows rows(first, second, scales, samples.indices[next] / cols);
        std::vector<float> averaged(static_cast<std::size_t>(cols));
        while (next < last) {
            const Index r = samples.indices[next] / cols, of_next_row = sample_at(r + 1);
            rows.go_to(r);
            for (Index s = 0; s < num_scales; ++s) {
                const Index radius = static_cast<Index>(scales[s].size()) - 1;
                const bool by_sample = (of_next_row - next) * rows.width_at(s) < cols;
                for (Index p = 0; p < planes; ++p) {
                    float* target = magnitudes.data() + (s * planes + p) * count;
                    bool have_row = false;
                    for (Index i = next; i < of_next_row; ++i) {
                        const Index c = samples.indices[i] - r * cols;
                        float value;
                        if (by_sample && c >= radius && c + radius < cols) {
                            value = rows.average_at(s, p, c);
                        } else {
                            if (!have_row) rows.average(s, p, averaged.data());
                            have_row = true;
                            value = averaged[c];
                        }
                        target[order.place[i]] = std::abs(value);
                    }
                }
            }
            next = of_next_row;
        }
    });

    std::vector<float> result(static_cast<std::size_t>(num_scales * planes * samples.num_kinds));
    const Index num_lists = static_cast<Index>(result.size());
    for_row_ranges(
        num_lists, 8 * (count / std::max<Index>(samples.num_kinds, 1)), num_threads,
        [&](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) {
                const Index kind = i % samples.num_kinds;
                const Index size = order.begin[kind + 1] - order.begin[kind];
                if (size == 0) continue;
                float* list = magnitudes.data() + i / samples.num_kinds * count + order.begin[kind];
                float* chosen = list + static_cast<Index>(share * static_cast<double>(size - 1));
                std::nth_element(list, chosen, list + size);
                result[i] = *chosen;
            }
        });
    return result;
}

}  // namespace unsplice
