#include "compression_gains.hpp"

#include <algorithm>
#include <map>

#include "logarithm.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr double least_gain = -30.0;
using Shares = std::array<double, most_level + 1>;

// How many lie below each half unit.
class Below {
 public:
    explicit Below(const std::int64_t* counts) : sums_(magnitude_classes + 1) {
        for (Index j = 0; j < magnitude_classes; ++j) {
            sums_[static_cast<std::size_t>(j + 1)] = sums_[static_cast<std::size_t>(j)] + counts[j];
        }
    }
    std::int64_t operator()(std::int64_t half_units) const {
        const std::int64_t most = magnitude_classes;
        return sums_[static_cast<std::size_t>(std::clamp<std::int64_t>(half_units, 0, most))];
    }

 private:
    std::vector<std::int64_t> sums_;
};

// The standard normal distribution at half_units / 2 / 0.3.
std::int64_t noise_below(std::int64_t half_units) {
    constexpr std::int64_t values[] = {8388608, 15975427, 16770018, 16777211};
    if (half_units >= 4) return count_unit;
    if (half_units <= -4) return 0;
    return half_units >= 0 ? values[half_units] : count_unit - values[-half_units];
}

LevelCounts requantized(const Below& below, std::int64_t first, std::int64_t last) {
    LevelCounts result = {};
    if (first == 0) {
        std::int64_t before = 0;
        for (std::int64_t k = 0; k <= most_level; ++k) {
            const std::int64_t up_to =
                below(k < most_level ? (2 * k + 1) * last : magnitude_classes);
            result[static_cast<std::size_t>(k)] = (up_to - before) * count_unit;
            before = up_to;
        }
        return result;
    }
    std::int64_t before = 0;
    for (std::int64_t m = 0; (2 * m - 1) * first < magnitude_classes; ++m) {
        const std::int64_t up_to = below((2 * m + 1) * first);
        const std::int64_t count = up_to - before;
        before = up_to;
        if (count == 0) continue;
        const std::int64_t value = 2 * m * first;  // in half units
        const auto share_below = [&](std::int64_t k) {
            if (k < 0) return std::int64_t{0};
            if (k >= most_level) return count_unit;
            const std::int64_t border = (2 * k + 1) * last;
            return noise_below(border - value) - noise_below(-border - value);
        };
        const std::int64_t nearest = (value + last) / (2 * last);
        const std::int64_t lowest = std::clamp<std::int64_t>(nearest - 3, 0, most_level);
        const std::int64_t highest = std::min<std::int64_t>(nearest + 3, most_level);
        std::int64_t share = share_below(lowest - 1);
        for (std::int64_t k = lowest; k <= highest; ++k) {
            const std::int64_t next = share_below(k);
            result[static_cast<std::size_t>(k)] += count * (next - share);
            share = next;
        }
    }
    return result;
}

Shares shares_of(const LevelCounts& counts) {
    std::int64_t total = 0;
    for (const std::int64_t count : counts) total += count + count_unit / 2;
    Shares result;
    for (std::size_t k = 0; k < result.size(); ++k) {
        result[k] = static_cast<double>(counts[k] + count_unit / 2) / static_cast<double>(total);
    }
    return result;
}

UNSPLICE_VECTORIZED_TO_V4 void take_logarithms(const Shares& shares, Shares& logarithms) {
    for (std::size_t k = 0; k < shares.size(); ++k) logarithms[k] = logarithm(shares[k]);
}

// Of levels that occur as often as `observed` says, where `share` of the blocks underwent both.
UNSPLICE_VECTORIZED_TO_V4 double gain_of(const Shares& observed, const Shares& single,
                                         const Shares& log_single, const Shares& twice,
                                         double share) {
    const double rest = 1.0 - share;
    Shares mixed;
    for (std::size_t k = 0; k < single.size(); ++k) {
        mixed[k] = logarithm(rest * single[k] + share * twice[k]) - log_single[k];
    }
    double gain = 0.0;
    for (std::size_t k = 0; k < single.size(); ++k) gain += observed[k] * mixed[k];
    return gain > least_gain ? gain : least_gain;
}

}  // namespace

LevelCounts requantized_counts(const std::int64_t* counts, std::int64_t first, std::int64_t last) {
    return requantized(Below(counts), first, last);
}

void compression_gains(const GainTask& task, int num_threads) {
    constexpr Index levels = most_level + 1;
    const Index work = 8 * levels * task.tables * task.shares;
    std::fill(task.gains, task.gains + task.frequencies * task.tables * task.shares, 0.0);
    for_row_ranges(task.frequencies, work, num_threads, [&](Index begin, Index end) {
        for (Index f = begin; f < end; ++f) {
            const Below below(task.reference + f * magnitude_classes);
            Shares observed, log_single;
            std::copy_n(task.observed + f * levels, levels, observed.begin());
            const std::int64_t last = task.last[f];
            const Shares single = shares_of(requantized(below, 0, last));
            take_logarithms(single, log_single);
            std::map<std::int64_t, const double*> known;  // gains by earlier step
            for (Index t = 0; t < task.tables; ++t) {
                const std::int64_t first = task.first[t * task.frequencies + f];
                if (last % first == 0) continue;
                double* gains = task.gains + (f * task.tables + t) * task.shares;
                const auto [entry, is_new] = known.try_emplace(first, gains);
                if (!is_new) {
                    std::copy_n(entry->second, task.shares, gains);
                    continue;
                }
                const Shares twice = shares_of(requantized(below, first, last));
                for (Index s = 0; s < task.shares; ++s) {
                    gains[s] = gain_of(observed, single, log_single, twice, task.share[s]);
                }
            }
        }
    });
}

}  // namespace unsplice
