#include "expanded_size.hpp"

#include <array>

namespace unsplice {

Index lzw_size(const std::uint8_t* data, Index size, Index limit) {
    constexpr std::size_t clear = 256, end = 257, first_free = 258, table_size = 4096;
    std::array<Index, table_size> lengths;  // of the string behind each code
    lengths.fill(1);
    std::size_t next = first_free, previous = clear;  // `clear` stands for none
    int width = 9;
    Index total = 0, at = 0;
    std::uint32_t bits = 0;
    int count = 0;
    while (total < limit) {
        while (count < width && at < size) {
            bits = bits << 8 | data[at++];
            count += 8;
        }
        if (count < width) break;
        const std::size_t code = bits >> (count - width) & ((1U << width) - 1);
        count -= width;
        if (code == end) break;
        if (code == clear) {
            next = first_free;
            width = 9;
            previous = clear;
            continue;
        }
        if (previous == clear) {
            if (code > 255) return -1;
        } else {
            if (code > next || code >= table_size) return -1;
            if (next < table_size) {
                lengths[next++] = lengths[previous] + 1;
                // Codes grow one entry before they must.
                if (next + 1 >= std::size_t{1} << width && width < 12) ++width;
            } else if (code == next) {
                return -1;
            }
        }
        total += lengths[code];
        previous = code;
    }
    return total <= limit ? total : -1;
}

Index packbits_size(const std::uint8_t* data, Index size, Index limit) {
    Index total = 0;
    for (Index at = 0; at < size && total < limit;) {
        const int head = data[at++];
        if (head < 128) {  // head + 1 bytes as they are
            if (head + 1 > size - at) return -1;
            at += head + 1;
            total += head + 1;
        } else if (head > 128) {  // one byte, 257 - head times
            if (at == size) return -1;
            ++at;
            total += 257 - head;
        }
    }
    return total <= limit ? total : -1;
}

}  // namespace unsplice
