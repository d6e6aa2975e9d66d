// Connected components as the tables that Python gets.
#pragma once

#include <vector>

#include "array_view.hpp"
#include "component_statistics.hpp"

namespace unsplice::bindings {

struct ComponentTables {
    Array<std::int64_t> areas, bounding_boxes;
    Array<double> centroids;
};

inline ComponentTables component_tables(const std::vector<ComponentStatistics>& components) {
    const Index count = static_cast<Index>(components.size());
    ComponentTables tables{new_array<std::int64_t>({count}), new_array<std::int64_t>({count, 4}),
                           new_array<double>({count, 2})};
    std::int64_t* area = tables.areas.mutable_data();
    std::int64_t* box = tables.bounding_boxes.mutable_data();
    double* centroid = tables.centroids.mutable_data();
    for (const ComponentStatistics& component : components) {
        *area++ = component.area;
        *box++ = component.first_row();
        *box++ = component.first_col();
        *box++ = component.end_row();
        *box++ = component.end_col();
        *centroid++ = component.centroid_row();
        *centroid++ = component.centroid_col();
    }
    return tables;
}

}  // namespace unsplice::bindings
