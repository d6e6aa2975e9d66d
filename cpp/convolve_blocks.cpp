#include "convolve_blocks.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "aligned_array.hpp"
#include "instruction_set.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// What is summed at a time: these outputs for one register of columns. Each number that is loaded
// is of use to all of them, and loads are what limits such loops.
constexpr Index tile_outputs = 16;
constexpr Index most_tile_cols = 16;
constexpr Index most_side = 3;
constexpr Index line_floats = cache_line / static_cast<Index>(sizeof(float));

Index rounded_up(Index count, Index multiple) {
    return (count + multiple - 1) / multiple * multiple;
}

// One row of every input map with zeros on both sides: `width` numbers a map, column c at c +
// reach. The width is an odd number of cache lines: at a distance near a power of two all maps
// would fight for the same few places of the nearest cache.
class PaddedRow {
 public:
    PaddedRow(Index inputs, Index cols, Index reach)
        : reach_(reach),
          width_(rounded_up(rounded_up(cols, most_tile_cols) + 2 * reach, line_floats) |
                 line_floats),
          numbers_(static_cast<std::size_t>(inputs * width_)) {}

    void load(StackView<const float> maps, Index r) {
        if (r < 0 || r >= maps.rows) {
            std::fill(numbers_.begin(), numbers_.end(), 0.0f);
            return;
        }
        for (Index m = 0; m < maps.count; ++m) {
            std::memcpy(numbers_.data() + m * width_ + reach_, maps.image(m).row(r),
                        static_cast<std::size_t>(maps.cols) * sizeof(float));
        }
    }

    const float* data() const { return numbers_.data(); }
    Index width() const { return width_; }

 private:
    Index reach_, width_;
    std::vector<float> numbers_;
};

// The weights of a tile's outputs side by side, in the order in which they are summed; zeros
// complete the last tile.
struct PackedFilter {
    PackedFilter(const Convolution& filter, Index outputs, Index inputs)
        : taps(inputs * filter.side * filter.side),
          weights(static_cast<std::size_t>(rounded_up(outputs, tile_outputs) * taps)),
          bias(static_cast<std::size_t>(rounded_up(outputs, tile_outputs))) {
        for (Index n = 0; n < outputs; ++n) {
            bias[static_cast<std::size_t>(n)] = filter.bias[n];
            float* group = weights.data() + n / tile_outputs * tile_outputs * taps;
            for (Index t = 0; t < taps; ++t) {
                group[t * tile_outputs + n % tile_outputs] = filter.weights[n * taps + t];
            }
        }
    }

    Index taps;
    std::vector<float> weights, bias;
};

struct RowTask {
    const float* rows[most_side];  // the padded rows of the taps
    Index width;                   // from one input map to the next
    Index inputs, dilation;
    const PackedFilter* filter;
    bool wide;  // whether a register holds 16 numbers; the bits are the same
};

// Written for registers of a size: left to themselves, compilers keep the sums in memory.
#if UNSPLICE_GNU_CXX
// Spelled out twice: where the size depends on a template's argument, GCC ignores the attribute.
struct Eight {
    using Numbers = float __attribute__((vector_size(32)));
};
struct Sixteen {
    using Numbers = float __attribute__((vector_size(64)));
};
#else
template <int count>
struct Lanes {
    struct Numbers {
        float values[count];

        Numbers& operator+=(const Numbers& other) {
            for (int i = 0; i < count; ++i) values[i] += other.values[i];
            return *this;
        }
        friend Numbers operator*(float factor, Numbers numbers) {
            for (float& value : numbers.values) value *= factor;
            return numbers;
        }
    };
};
using Eight = Lanes<8>;
using Sixteen = Lanes<16>;
#endif
static_assert(sizeof(Eight::Numbers) == 32 && sizeof(Sixteen::Numbers) == 64);

template <class Register>
constexpr Index lanes = sizeof(typename Register::Numbers) / sizeof(float);

// Sums of a tile's outputs for a register of columns.
template <class Register, Index side>
UNSPLICE_INLINE void convolve_tile(const RowTask& task, Index first_output, Index first_col,
                                   float (&result)[tile_outputs][lanes<Register>]) {
    typename Register::Numbers sums[tile_outputs];
    const float* weights = task.filter->weights.data() + first_output * task.filter->taps;
    const float* bias = task.filter->bias.data() + first_output;
    for (Index n = 0; n < tile_outputs; ++n) {
        for (Index i = 0; i < lanes<Register>; ++i) result[n][i] = bias[n];
    }
    std::memcpy(sums, result, sizeof sums);
    for (Index m = 0; m < task.inputs; ++m) {
        for (Index i = 0; i < side; ++i) {
            const float* values = task.rows[i] + m * task.width + first_col;
            for (Index j = 0; j < side; ++j) {
                // Not by a pointer to a type of alignment 4: clang takes that for 32 in a template.
                typename Register::Numbers numbers;
                std::memcpy(&numbers, values, sizeof numbers);
                for (Index n = 0; n < tile_outputs; ++n) sums[n] += weights[n] * numbers;
                weights += tile_outputs;
                values += task.dilation;
            }
        }
    }
    std::memcpy(result, sums, sizeof sums);
}

template <class Register, Index side>
UNSPLICE_INLINE void convolve_row_by_tiles(const RowTask& task, StackView<float> result, Index r) {
    constexpr Index cols = lanes<Register>;
    float sums[tile_outputs][cols];
    for (Index c = 0; c < result.cols; c += cols) {
        const auto rest = static_cast<std::size_t>(result.cols - c) * sizeof(float);
        for (Index first = 0; first < result.count; first += tile_outputs) {
            convolve_tile<Register, side>(task, first, c, sums);
            for (Index n = first; n < std::min(result.count, first + tile_outputs); ++n) {
                float* target = result.image(n).row(r) + c;
                // A known size makes a store of the first, not a call.
                rest >= sizeof sums[0] ? std::memcpy(target, sums[n - first], sizeof sums[0])
                                       : std::memcpy(target, sums[n - first], rest);
            }
        }
    }
}

UNSPLICE_VECTORIZED_TO_V4 void convolve_row_1(const RowTask& task, StackView<float> result,
                                              Index r) {
    task.wide ? convolve_row_by_tiles<Sixteen, 1>(task, result, r)
              : convolve_row_by_tiles<Eight, 1>(task, result, r);
}

UNSPLICE_VECTORIZED_TO_V4 void convolve_row_3(const RowTask& task, StackView<float> result,
                                              Index r) {
    task.wide ? convolve_row_by_tiles<Sixteen, 3>(task, result, r)
              : convolve_row_by_tiles<Eight, 3>(task, result, r);
}

UNSPLICE_VECTORIZED_TO_V4 void add_to_input(const float* __restrict input, float gain, Index cols,
                                            float* __restrict sums) {
    for (Index c = 0; c < cols; ++c) {
        const float rectified = sums[c] < 0.0f ? 0.0f : sums[c];
        sums[c] = input[c] + gain * rectified;
    }
}

}  // namespace

void convolve_blocks(StackView<const float> maps, const Convolution& filter,
                     StackView<float> result, int num_threads) {
    if (result.cols == 0) return;
    const Index side = filter.side, step = side == 1 ? 1 : filter.dilation;
    const Index reach = side / 2 * step;
    const PackedFilter packed(filter, result.count, maps.count);
    const Index work = std::max<Index>(result.count * packed.taps / 16, 1) * result.cols;
    for_row_ranges(result.rows, work, num_threads, [&](Index begin, Index end) {
        std::vector<PaddedRow> slots(static_cast<std::size_t>(side),
                                     PaddedRow(maps.count, maps.cols, reach));
        RowTask task{{}, slots[0].width(), maps.count, step, &packed, has_wide_registers()};
        // Every step-th row, and then those between: three rows are in use at a time.
        for (Index first = begin; first < std::min(begin + step, end); ++first) {
            for (Index i = 0; i + 1 < side; ++i) {
                slots[static_cast<std::size_t>(i)].load(maps, first + i * step - reach);
            }
            for (Index r = first; r < end; r += step) {
                slots.back().load(maps, r + reach);
                for (std::size_t i = 0; i < slots.size(); ++i) task.rows[i] = slots[i].data();
                (side == 1 ? convolve_row_1 : convolve_row_3)(task, result, r);
                for (Index n = 0; filter.gain && n < result.count; ++n) {
                    add_to_input(maps.image(n).row(r), filter.gain[n], result.cols,
                                 result.image(n).row(r));
                }
                std::rotate(slots.begin(), slots.begin() + 1, slots.end());
            }
        }
    });
}

}  // namespace unsplice
