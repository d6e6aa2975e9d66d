#include "check_jpeg_scan.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <limits>
#include <vector>

namespace unsplice {
namespace {

using Byte = std::uint8_t;
using State = JpegScanReport::State;

// What stops a check; caught in check_jpeg_scan, never seen outside.
struct Damage {
    State state;
    const char* reason;
};

[[noreturn]] void corrupt(const char* reason) { throw Damage{State::corrupt, reason}; }
[[noreturn]] void truncated(const char* reason) { throw Damage{State::truncated, reason}; }

constexpr int largest = 1024;  // coefficient of 8-bit samples
constexpr int max_size = 11;   // bits of a difference or coefficient of 8-bit samples (T.81, F.1.2)

// Canonical codes of up to 16 bits (T.81, annex C). An entry is symbol << 8 | code length, and 0
// where there is no such code.
class HuffmanTable {
 public:
    bool defined() const { return defined_; }

    // `counts` has 16 numbers of codes by length; `symbols` follow, `available` of them. Returns
    // the number of symbols.
    Index define(const Byte* counts, const Byte* symbols, Index available) {
        Index total = 0;
        for (int i = 0; i < 16; ++i) total += counts[i];
        if (total > 256 || total > available) corrupt("invalid Huffman table");
        short_.fill(0);
        std::uint32_t next = 0;  // the next code, moved to the top of 16 bits
        int index = 0;
        for (int length = 1; length <= 16; ++length) {
            const std::uint32_t span = std::uint32_t{1} << (16 - length);
            const std::size_t number = static_cast<std::size_t>(length);
            first_[number] = index - static_cast<int>(next / span);
            for (int i = 0; i < counts[length - 1]; ++i, ++index, next += span) {
                if (next + span > 0x10000) corrupt("invalid Huffman table");
                const auto entry = static_cast<std::uint16_t>(symbols[index] << 8 | length);
                entries_[static_cast<std::size_t>(index)] = entry;
                if (length <= short_length) {
                    std::fill_n(short_.begin() + (next >> (16 - short_length)),
                                span >> (16 - short_length), entry);
                }
            }
            limit_[number] = next;
        }
        defined_ = true;
        return total;
    }

    std::uint16_t find(std::uint32_t bits16) const {
        const std::uint16_t entry = short_[bits16 >> (16 - short_length)];
        return entry != 0 ? entry : find_long(bits16);
    }

 private:
    static constexpr int short_length = 9;

    std::uint16_t find_long(std::uint32_t bits16) const {
        for (std::size_t length = short_length + 1; length <= 16; ++length) {
            if (bits16 < limit_[length]) {
                const int code = static_cast<int>(bits16 >> (16 - length));
                return entries_[static_cast<std::size_t>(first_[length] + code)];
            }
        }
        return 0;
    }

    bool defined_ = false;
    std::array<std::uint16_t, 1 << short_length> short_{};  // answers to the next 9 bits
    std::array<std::uint16_t, 256> entries_{};              // all codes, in order
    std::array<std::uint32_t, 17> limit_{};                 // codes up to this length lie below
    std::array<int, 17> first_{};  // index of a code of this length, less the code
};

// The bits of one entropy-coded segment. Reading past its end gives zeros and makes `missing`
// true; the caller looks once a block.
class BitReader {
 public:
    BitReader(const Byte* at, const Byte* end) : at_(at), end_(end) {}

    const Byte* at() const { return at_; }
    bool missing() const { return count_ < 0; }

    std::uint32_t peek16() const { return static_cast<std::uint32_t>(bits_ >> 48); }

    // At least 32 bits are there after a refill, unless the segment ends.
    void refill() {
        if (count_ < 32) fill();
    }
    void skip(int count) {  // count <= 32, after a refill
        bits_ <<= count;
        count_ -= count;
    }
    std::uint32_t take(int count) {  // 1 <= count <= 32, after a refill
        const auto value = static_cast<std::uint32_t>(bits_ >> (64 - count));
        skip(count);
        return value;
    }

    // Ends the segment: finds the marker behind it, and refuses what is left in between. Zero
    // bytes are let through as padding.
    void finish() {
        if (count_ >= 8 && (bits_ << (count_ % 8)) >> (64 - count_ / 8 * 8) != 0) {
            corrupt("data is left over after the last block");
        }
        while (at_ < end_ && *at_ == 0) ++at_;
        if (at_ < end_ && *at_ != 0xFF) corrupt("data is left over after the last block");
        if (at_ + 1 < end_ && at_[1] == 0) corrupt("data is left over after the last block");
        bits_ = 0;
        count_ = 0;
    }

    // After finish: steps over a restart marker, or fails.
    void restart(int number) {
        const Byte* marker = at_;
        while (marker < end_ && *marker == 0xFF) ++marker;
        if (marker == end_) truncated("");
        if (*marker != 0xD0 + number) {
            if (*marker >= 0xD0 && *marker <= 0xD7) corrupt("restart markers are out of order");
            if (*marker < 0xC0) corrupt("a restart marker is missing");
            truncated("");
        }
        at_ = marker + 1;
    }

    // After `missing`: tells a short file from a broken one by what stands at the end.
    [[noreturn]] void fail() const {
        const Byte* marker = at_;
        while (marker < end_ && *marker == 0xFF) ++marker;
        if (marker < end_ && *marker >= 0xD0 && *marker <= 0xD7) {
            corrupt("blocks are missing before a restart marker");
        }
        if (marker < end_ && *marker < 0xC0) corrupt("invalid marker within the pixel data");
        truncated("");
    }

 private:
    void fill() {
        while (count_ <= 56) {
            if (count_ >= 0 && end_ - at_ >= 8) {
                std::uint64_t word = 0;
                for (int i = 0; i < 8; ++i) word = word << 8 | at_[i];
                // No byte is FF: none of its complements is zero.
                if (((~word - 0x0101010101010101U) & word & 0x8080808080808080U) == 0) {
                    // The bits below the counted ones are those that the next fill brings again.
                    bits_ |= word >> count_;
                    at_ += (63 - count_) >> 3;
                    count_ |= 56;
                    return;
                }
            }
            if (count_ < 0 || at_ == end_) return;
            const Byte byte = *at_;
            if (byte == 0xFF) {
                if (end_ - at_ < 2 || at_[1] != 0) return;  // a marker, or the end
                ++at_;
            }
            ++at_;
            bits_ |= std::uint64_t{byte} << (56 - count_);
            count_ += 8;
        }
    }

    const Byte* at_;
    const Byte* end_;
    std::uint64_t bits_ = 0;  // the next bit on top
    int count_ = 0;           // of them; negative after reading past the end
};

using Steps = std::array<int, 64>;  // of quantization, in zigzag order

struct Component {
    Byte identifier = 0;
    int horizontal = 1, vertical = 1;          // sampling factors
    Index block_rows = 0, block_cols = 0;      // that bear the picture
    int selector = 0;                          // of the quantization table
    int dc_step = 0;                           // of that table, when the scan began
    std::array<std::int8_t, 64> most_bits{};   // that a coefficient can have, zigzag order
    int dc_level = 0;                          // the DC coefficient of the last block
    bool sent = false;                         // sequential only
    std::array<std::int8_t, 64> lowest_bit{};  // progressive: last bit sent, -1 for none
    std::vector<std::uint64_t> nonzero;        // progressive: one bit a coefficient
    const HuffmanTable* dc = nullptr;
    const HuffmanTable* ac = nullptr;
};

struct Scan {
    int first, last;  // band of coefficients, zigzag order
    int high, low;    // successive approximation
};

class Checker {
 public:
    Checker(const Byte* data, Index size) : begin_(data), at_(data), end_(data + size) {}

    void run() {
        if (end_ - at_ < 2 || at_[0] != 0xFF || at_[1] != 0xD8) corrupt("no start marker");
        at_ += 2;
        for (;;) {
            const int marker = next_marker();
            if (marker < 0 || marker == 0xD9) break;
            const Byte* segment = at_;
            const Index length = end_ - at_ < 2 ? 0 : at_[0] << 8 | at_[1];
            if (length < 2 || length > end_ - at_) truncated("a header is cut off");
            at_ += length;
            take(marker, segment + 2, length - 2);
        }
        for (const Component& component : components_) {
            if (progressive_ ? component.lowest_bit[0] < 0 : !component.sent) {
                truncated("a color component is missing");
            }
        }
        if (components_.empty()) truncated("no frame header");
    }

    JpegScanReport report(Damage damage) const {
        bool full = true;
        for (const Component& component : components_) {
            for (const int bit : component.lowest_bit) full &= !progressive_ || bit == 0;
        }
        return {damage.state, damage.reason, scan_, std::min(rows_done_, rows_),
                at_ - begin_, full};
    }

 private:
    int next_marker() {
        if (at_ == end_) return -1;
        if (*at_ != 0xFF) corrupt("a marker is missing");
        while (at_ < end_ && *at_ == 0xFF) ++at_;
        return at_ == end_ ? -1 : *at_++;
    }

    void take(int marker, const Byte* segment, Index length) {
        switch (marker) {
            case 0xC0:
            case 0xC1:
            case 0xC2:
                return take_frame(marker == 0xC2, segment, length);
            case 0xC4:
                return take_tables(segment, length);
            case 0xDB:
                return take_steps(segment, length);
            case 0xDA:
                return take_scan(segment, length);
            case 0xDD:
                if (length != 2) corrupt("invalid restart interval");
                restart_interval_ = segment[0] << 8 | segment[1];
                return;
            default:
                break;
        }
        const bool neutral = marker >= 0xE0;  // APPn, comments
        if (!neutral) corrupt("unsupported kind of JPEG");
    }

    void take_frame(bool progressive, const Byte* segment, Index length) {
        if (!components_.empty()) corrupt("two frame headers");
        if (length < 6 || length != 6 + 3 * segment[5]) corrupt("invalid frame header");
        if (segment[0] != 8) corrupt("unsupported kind of JPEG");
        progressive_ = progressive;
        rows_ = segment[1] << 8 | segment[2];
        cols_ = segment[3] << 8 | segment[4];
        const int count = segment[5];
        if (rows_ == 0 || cols_ == 0 || count < 1 || count > 4) corrupt("invalid frame header");
        std::vector<Component> components(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            Component& component = components[static_cast<std::size_t>(i)];
            component.identifier = segment[6 + 3 * i];
            component.horizontal = segment[7 + 3 * i] >> 4;
            component.vertical = segment[7 + 3 * i] & 15;
            component.selector = segment[8 + 3 * i] & 3;
            if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 ||
                component.vertical > 4) {
                corrupt("invalid sampling factors");
            }
            max_horizontal_ = std::max(max_horizontal_, component.horizontal);
            max_vertical_ = std::max(max_vertical_, component.vertical);
        }
        mcu_rows_ = divide_up(rows_, 8 * max_vertical_);
        mcu_cols_ = divide_up(cols_, 8 * max_horizontal_);
        for (Component& component : components) {
            component.block_rows =
                divide_up(divide_up(rows_ * component.vertical, max_vertical_), 8);
            component.block_cols =
                divide_up(divide_up(cols_ * component.horizontal, max_horizontal_), 8);
            component.lowest_bit.fill(-1);
        }
        components_ = std::move(components);
    }

    void take_tables(const Byte* segment, Index length) {
        while (length > 0) {
            if (length < 17) corrupt("invalid Huffman table");
            const int kind = segment[0] >> 4, selector = segment[0] & 15;
            if (kind > 1 || selector > 3) corrupt("invalid Huffman table");
            HuffmanTable& table = (kind == 0 ? dc_ : ac_)[static_cast<std::size_t>(selector)];
            const Index used = 17 + table.define(segment + 1, segment + 17, length - 17);
            segment += used;
            length -= used;
        }
    }

    void take_steps(const Byte* segment, Index length) {
        while (length > 0) {
            const int size = segment[0] >> 4 == 0 ? 1 : 2;
            const Index used = 1 + 64 * size;
            if (segment[0] >> 4 > 1 || (segment[0] & 15) > 3 || used > length) {
                corrupt("invalid quantization table");
            }
            Steps& steps = steps_[segment[0] & 3];
            for (std::size_t k = 0; k < 64; ++k) {
                const Byte* value = segment + 1 + static_cast<Index>(k) * size;
                steps[k] = size == 1 ? value[0] : value[0] << 8 | value[1];
            }
            segment += used;
            length -= used;
        }
    }

    void take_scan(const Byte* segment, Index length) {
        if (components_.empty()) corrupt("a scan before the frame header");
        if (length < 1 || segment[0] < 1 || segment[0] > 4 || length != 4 + 2 * segment[0]) {
            corrupt("invalid scan header");
        }
        ++scan_;
        rows_done_ = 0;
        const Byte* parameters = segment + 1 + 2 * segment[0];
        const Scan scan{parameters[0], parameters[1], parameters[2] >> 4, parameters[2] & 15};
        std::vector<Component*> chosen;
        for (int i = 0; i < segment[0]; ++i) {
            const Byte identifier = segment[1 + 2 * i], selectors = segment[2 + 2 * i];
            const auto found = std::find_if(
                components_.begin(), components_.end(),
                [identifier](const Component& each) { return each.identifier == identifier; });
            if (found == components_.end()) corrupt("a scan of an unknown color component");
            if (std::find(chosen.begin(), chosen.end(), &*found) != chosen.end()) {
                corrupt("a color component twice in a scan");
            }
            if (selectors >> 4 > 3 || (selectors & 15) > 3) corrupt("invalid scan header");
            found->dc = &dc_[static_cast<std::size_t>(selectors >> 4)];
            found->ac = &ac_[static_cast<std::size_t>(selectors & 15)];
            chosen.push_back(&*found);
        }
        for (Component* component : chosen) {
            prepare(*component, scan, chosen.size());
            set_ranges(*component, scan.low);
        }
        walk(chosen, scan);
    }

    // Checks that the scan is what may come next for this component.
    void prepare(Component& component, const Scan& scan, std::size_t count) {
        if (!progressive_) {
            if (component.sent) corrupt("a color component is sent twice");
            if (!component.dc->defined() || !component.ac->defined()) {
                corrupt("a Huffman table is missing");
            }
            component.sent = true;
            return;
        }
        const bool dc = scan.first == 0;
        if (scan.last > 63 || scan.first > scan.last || (dc && scan.last != 0) ||
            (!dc && count != 1) || scan.low > 13 || (scan.high != 0 && scan.high != scan.low + 1)) {
            corrupt("invalid progression");
        }
        if (!dc && component.lowest_bit[0] < 0) corrupt("invalid progression");
        for (int k = scan.first; k <= scan.last; ++k) {
            std::int8_t& bit = component.lowest_bit[static_cast<std::size_t>(k)];
            if (scan.high != std::max<int>(bit, 0)) corrupt("invalid progression");
            bit = static_cast<std::int8_t>(scan.low);
        }
        if (dc ? scan.high == 0 && !component.dc->defined() : !component.ac->defined()) {
            corrupt("a Huffman table is missing");
        }
        if (!dc && component.nonzero.empty()) {
            // The scan that sent the DC coefficients took a bit a block at least: the data bounds
            // what a header can make us allocate.
            const Index blocks = component.block_rows * component.block_cols;
            component.nonzero.assign(static_cast<std::size_t>(blocks), 0);
        }
    }

    // A coefficient of 8-bit samples is at most 1024 before quantization, which may round up; two
    // steps more are given to encoders that optimise. Data that is out of step leaves these ranges
    // soon, even where its codes happen to exist.
    void set_ranges(Component& component, int low) const {
        const Steps& steps = steps_[static_cast<std::size_t>(component.selector)];
        component.dc_step = steps[0];
        component.dc_level = 0;
        for (std::size_t k = 0; k < 64; ++k) {
            const int most = std::max((largest + 2 * steps[k]) / std::max(steps[k], 1) >> low, 1);
            const int bits = std::bit_width(static_cast<unsigned>(most));
            component.most_bits[k] = static_cast<std::int8_t>(std::min(bits, max_size));
        }
    }

    // The blocks of a scan, in the order of T.81, A.2.
    void walk(const std::vector<Component*>& chosen, const Scan& scan) {
        const bool interleaved = chosen.size() > 1;
        const Component& alone = *chosen.front();
        const Index rows = interleaved ? mcu_rows_ : alone.block_rows;
        const Index cols = interleaved ? mcu_cols_ : alone.block_cols;
        const Index row_height = 8 * max_vertical_ / (interleaved ? 1 : alone.vertical);
        Index blocks = 0;
        for (const Component* each : chosen) blocks += each->horizontal * each->vertical;
        if (interleaved && blocks > 10) corrupt("more than 10 blocks in a unit");

        BitReader reader(at_, end_);
        end_of_band_run_ = 0;
        Index to_restart = restart_interval_ ? restart_interval_ : no_restart;
        int restart_number = 0;
        for (Index row = 0; row < rows; ++row) {
            rows_done_ = row * row_height;
            for (Index col = 0; col < cols; ++col) {
                if (to_restart == 0) {
                    end_segment(reader);
                    reader.restart(restart_number);
                    for (Component* each : chosen) each->dc_level = 0;
                    restart_number = (restart_number + 1) % 8;
                    to_restart = restart_interval_;
                }
                --to_restart;
                if (interleaved) {
                    for (Component* each : chosen) {
                        for (int y = 0; y < each->vertical; ++y) {
                            for (int x = 0; x < each->horizontal; ++x)
                                block(reader, *each, scan, 0);
                        }
                    }
                } else {
                    block(reader, *chosen.front(), scan, row * cols + col);
                }
                if (reader.missing()) {
                    at_ = reader.at();
                    reader.fail();
                }
            }
        }
        rows_done_ = rows_;
        end_segment(reader);
        at_ = reader.at();
        skip_late_restart();
    }

    void end_segment(BitReader& reader) {
        at_ = reader.at();
        if (end_of_band_run_ != 0) corrupt("a run of blocks leaves its segment");
        reader.finish();
        at_ = reader.at();
    }

    // Some encoders close the last interval with a restart marker, too.
    void skip_late_restart() {
        if (end_ - at_ >= 2 && at_[0] == 0xFF && at_[1] >= 0xD0 && at_[1] <= 0xD7) at_ += 2;
    }

    void block(BitReader& reader, Component& component, const Scan& scan, Index index) {
        if (!progressive_) return sequential_block(reader, component);
        if (scan.first == 0) {
            reader.refill();
            if (scan.high != 0) return reader.skip(1);
            return dc_difference(reader, component, scan.low);
        }
        std::uint64_t& nonzero = component.nonzero[static_cast<std::size_t>(index)];
        if (scan.high == 0) {
            first_band(reader, component, scan, nonzero);
        } else {
            refine_band(reader, *component.ac, scan, nonzero);
        }
    }

    // Returns the symbol of the next code. A code that does not exist is damage, unless the data
    // is at its end.
    static int symbol(BitReader& reader, const HuffmanTable& table) {
        reader.refill();
        const std::uint16_t entry = table.find(reader.peek16());
        if (entry == 0) {
            if (reader.missing()) reader.fail();
            invalid_code(reader);
        }
        reader.skip(entry & 255);
        return entry >> 8;
    }

    [[noreturn]] static void invalid_code(BitReader& reader) {
        // The zeros or ones behind the last bit of a short segment may form no code.
        reader.skip(16);
        if (reader.missing()) reader.fail();
        corrupt("invalid Huffman code");
    }

    static void dc_difference(BitReader& reader, Component& component, int low) {
        const int size = symbol(reader, *component.dc);
        if (size > max_size) corrupt_or_short(reader, "brightness out of range");
        if (size == 0) return;
        const int bits = static_cast<int>(reader.take(size));
        // T.81, F.2.2.1: the upper half of the values is positive.
        component.dc_level += bits >> (size - 1) ? bits : bits - (1 << size) + 1;
        const int step = component.dc_step;
        if (std::abs(component.dc_level) * (std::int64_t{step} << low) > largest + 2 * step) {
            corrupt_or_short(reader, "brightness out of range");
        }
    }

    [[noreturn]] static void corrupt_or_short(const BitReader& reader, const char* reason) {
        if (reader.missing()) reader.fail();
        corrupt(reason);
    }

    static void sequential_block(BitReader& reader, Component& component) {
        dc_difference(reader, component, 0);
        const HuffmanTable& table = *component.ac;
        for (int k = 1; k < 64;) {
            const int value = symbol(reader, table);
            const int run = value >> 4, size = value & 15;
            if (size == 0) {
                if (run == 0) return;
                if (run != 15) corrupt_or_short(reader, "invalid run of zeros");
                k += 16;
                if (k > 64) corrupt_or_short(reader, "coefficient outside its block");
                continue;
            }
            k += run + 1;
            if (k > 64) corrupt_or_short(reader, "coefficient outside its block");
            if (size > component.most_bits[static_cast<std::size_t>(k - 1)]) {
                corrupt_or_short(reader, "coefficient out of range");
            }
            reader.skip(size);
        }
    }

    // T.81, G.1.2.2: the first bits of the coefficients of a band.
    void first_band(BitReader& reader, const Component& component, const Scan& scan,
                    std::uint64_t& nonzero) {
        const HuffmanTable& table = *component.ac;
        if (end_of_band_run_ > 0) {
            --end_of_band_run_;
            return;
        }
        for (int k = scan.first; k <= scan.last;) {
            const int value = symbol(reader, table);
            const int run = value >> 4, size = value & 15;
            if (size == 0 && run < 15) {
                end_of_band_run_ = run_length(reader, run) - 1;
                return;
            }
            k += run + 1;
            if (k > scan.last + 1) corrupt_or_short(reader, "coefficient outside its band");
            if (size == 0) continue;
            if (size > component.most_bits[static_cast<std::size_t>(k - 1)]) {
                corrupt_or_short(reader, "coefficient out of range");
            }
            nonzero |= std::uint64_t{1} << (k - 1);
            reader.skip(size);
        }
    }

    // T.81, G.1.2.3: one more bit of each coefficient that is nonzero so far, and new ones.
    void refine_band(BitReader& reader, const HuffmanTable& table, const Scan& scan,
                     std::uint64_t& nonzero) {
        int k = scan.first;
        if (end_of_band_run_ == 0) {
            while (k <= scan.last) {
                const int value = symbol(reader, table);
                int run = value >> 4;
                const int size = value & 15;
                if (size == 0 && run < 15) {
                    end_of_band_run_ = run_length(reader, run);
                    break;
                }
                if (size > 1) corrupt_or_short(reader, "coefficient out of range");
                reader.skip(size);
                // Pass `run` zeros; each nonzero coefficient on the way has a bit of correction.
                for (; k <= scan.last; ++k) {
                    if (nonzero >> k & 1) {
                        reader.refill();
                        reader.skip(1);
                    } else if (run-- == 0) {
                        break;
                    }
                }
                if (size == 1) {
                    if (k > scan.last) corrupt_or_short(reader, "coefficient outside its band");
                    nonzero |= std::uint64_t{1} << k;
                }
                ++k;
            }
        }
        if (end_of_band_run_ > 0) {
            const std::uint64_t upto = ~std::uint64_t{0} >> (63 - scan.last);
            const std::uint64_t rest = k > 63 ? 0 : nonzero & upto & ~std::uint64_t{0} << k;
            const int bits = std::popcount(rest);
            reader.refill();
            reader.skip(std::min(bits, 32));
            if (bits > 32) {
                reader.refill();
                reader.skip(bits - 32);
            }
            --end_of_band_run_;
        }
    }

    static Index run_length(BitReader& reader, int bits) {
        if (bits == 0) return 1;
        reader.refill();
        return (Index{1} << bits) + reader.take(bits);
    }

    static Index divide_up(Index value, Index by) { return (value + by - 1) / by; }

    static constexpr Index no_restart = std::numeric_limits<Index>::max();

    const Byte* begin_;
    const Byte* at_;
    const Byte* end_;
    bool progressive_ = false;
    Index rows_ = 0, cols_ = 0, mcu_rows_ = 0, mcu_cols_ = 0;
    int max_horizontal_ = 1, max_vertical_ = 1;
    std::vector<Component> components_;
    std::array<HuffmanTable, 4> dc_, ac_;
    std::array<Steps, 4> steps_{};
    Index restart_interval_ = 0;
    Index end_of_band_run_ = 0;
    Index scan_ = 0;
    Index rows_done_ = 0;
};

}  // namespace

JpegScanReport check_jpeg_scan(const std::uint8_t* data, Index size) {
    Checker checker(data, size);
    try {
        checker.run();
    } catch (const Damage& damage) {
        return checker.report(damage);
    }
    return checker.report({State::complete, ""});
}

}  // namespace unsplice
