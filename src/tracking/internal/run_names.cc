#include "tracking/internal/run_names.h"

#include <iterator>
#include <string_view>

namespace orrery::tracking::internal {
namespace {

constexpr std::string_view kAdjectives[] = {
    "able",   "amber",  "ancient", "aware",  "bold",    "brave",  "bright", "brisk",  "calm",   "candid",
    "clear",  "clever", "cosmic",  "crisp",  "curious", "daring", "deft",   "eager",  "early",  "exact",
    "fair",   "famous", "fine",    "gentle", "glad",    "golden", "grand",  "honest", "humble", "jolly",
    "keen",   "kind",   "lively",  "loud",   "lucky",   "lunar",  "mellow", "merry",  "mild",   "neat",
    "nimble", "noble",  "patient", "placid", "polite",  "prime",  "proud",  "quick",  "quiet",  "rapid",
    "rare",   "ready",  "royal",   "serene", "sharp",   "silent", "smooth", "solar",  "steady", "swift",
    "tidy",   "vivid",  "warm",    "wise"};
constexpr std::string_view kNouns[] = {
    "albatross", "ant",    "asteroid", "badger",  "bear",   "bee",    "bison", "cat",    "comet", "condor",
    "crane",     "crow",   "deer",     "dolphin", "dove",   "eagle",  "elk",   "falcon", "finch", "fox",
    "frog",      "galaxy", "gnu",      "goose",   "grouse", "hare",   "hawk",  "heron",  "horse", "ibis",
    "jay",       "kite",   "lark",     "lynx",    "mars",   "mole",   "moon",  "moose",  "moth",  "nebula",
    "newt",      "orbit",  "otter",    "owl",     "panda",  "planet", "pluto", "pulsar", "quail", "raven",
    "robin",     "saturn", "seal",     "shark",   "shrew",  "skink",  "snail", "sphinx", "stork", "swan",
    "toad",      "venus",  "whale",    "wren"};

}  // namespace

std::string DrawName(Random& random) {
  std::string name(kAdjectives[random.Below(std::size(kAdjectives))]);
  name += '-';
  name += kNouns[random.Below(std::size(kNouns))];
  return name + '-' + std::to_string(random.Below(1'000));
}

}  // namespace orrery::tracking::internal
