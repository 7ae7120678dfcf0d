#pragma once

#include <cstddef>

/// Limits of what tracking stores. An adapter that truncates does so before it calls; here too long is
/// invalid_argument. Lengths are in bytes of UTF-8.
namespace orrery::tracking {

inline constexpr size_t kMaxKeyBytes =
    250;  ///< of a metric, param or tag; letters, digits, `_ - . / : space`
inline constexpr size_t kMaxParamValueBytes = 24'000;  ///< 6,000 characters of four bytes
inline constexpr size_t kMaxTagValueBytes = 80'000;
inline constexpr size_t kMaxNameBytes = 2'000;  ///< of an experiment, a run, a logged model
inline constexpr size_t kMaxUserBytes = 1'024;
inline constexpr size_t kMaxArtifactLocationBytes = 2'048;

inline constexpr size_t kMaxMetricsPerBatch = 1'000;
inline constexpr size_t kMaxParamsPerBatch = 100;
inline constexpr size_t kMaxTagsPerBatch = 100;
inline constexpr size_t kMaxEntitiesPerBatch = 1'000;

inline constexpr size_t kMaxDatasetNameBytes = 500;
inline constexpr size_t kMaxDatasetDigestBytes = 36;
inline constexpr size_t kMaxDatasetSourceBytes = 65'535;
inline constexpr size_t kMaxDatasetSchemaBytes = 1'048'575;
inline constexpr size_t kMaxDatasetProfileBytes = 16'777'215;
inline constexpr size_t kMaxInputTagKeyBytes = 255;
inline constexpr size_t kMaxInputTagValueBytes = 500;

inline constexpr size_t kMaxSearchResults = 50'000;
// One statement binds at most 32,766 values.
inline constexpr size_t kMaxExperimentsPerSearch = 20'000;
inline constexpr size_t kMaxFilterBytes = 65'536;
inline constexpr size_t kMaxFilterClauses = 100;
inline constexpr size_t kMaxFilterListItems = 10'000;
inline constexpr size_t kMaxFilterDepth = 50;
inline constexpr size_t kMaxOrderTerms = 20;

}  // namespace orrery::tracking
