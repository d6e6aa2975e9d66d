#include "compression_gains.hpp"

#include <algorithm>
#include <map>

#include "logarithm.hpp"

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

}  // namespace

LevelCounts requantized_counts(const std::int64_t* counts, std::int64_t first, std::int64_t last) {
    return requantized(Below(counts), first, last);
}

void compression_gains(const GainTask& task) {
    const auto shares = static_cast<std::size_t>(task.shares);
    std::fill(task.gains, task.gains + task.tables * task.shares, 0.0);
    for (Index f = 0; f < task.frequencies; ++f) {
        const Below below(task.reference + f * magnitude_classes);
        const std::int64_t* observed = task.observed + f * (most_level + 1);
        const std::int64_t last = task.last[f];
        const Shares single = shares_of(requantized(below, 0, last));
        Shares log_single;
        for (std::size_t k = 0; k < single.size(); ++k) log_single[k] = logarithm(single[k]);
        std::map<std::int64_t, std::vector<double>> known;  // gains by earlier step
        for (Index t = 0; t < task.tables; ++t) {
            const std::int64_t first = task.first[t * task.frequencies + f];
            if (last % first == 0) continue;
            auto [entry, is_new] = known.try_emplace(first, shares, 0.0);
            if (is_new) {
                const Shares twice = shares_of(requantized(below, first, last));
                for (std::size_t s = 0; s < shares; ++s) {
                    const double share = task.share[s], rest = 1.0 - share;
                    double gain = 0.0;
                    for (std::size_t k = 0; k < single.size(); ++k) {
                        if (observed[k] == 0) continue;
                        const double mixed = logarithm(rest * single[k] + share * twice[k]);
                        gain += static_cast<double>(observed[k]) * (mixed - log_single[k]);
                    }
                    entry->second[s] = gain > least_gain ? gain : least_gain;
                }
            }
            for (std::size_t s = 0; s < shares; ++s) {
                task.gains[static_cast<std::size_t>(t) * shares + s] += entry->second[s];
            }
        }
    }
}

}  // namespace unsplice
