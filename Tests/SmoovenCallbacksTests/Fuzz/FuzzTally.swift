/// The number of times that each path through a provider was taken.
struct FuzzTally {
  var events = 0
  var stale = 0
  var undecodable = 0
  var unverified = 0
}
