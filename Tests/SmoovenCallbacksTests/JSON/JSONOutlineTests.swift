import Testing

@testable import SmoovenCallbacks

/// Members that are found in one pass have the same values as in the whole JSON.
@Suite("JSON: an outline agrees with the whole", .timeLimit(.minutes(5)))
struct JSONOutlineTests {
  private static let keys = [
    "event", "eventType", "trackingId", "userId", "data", "error", "id", "status", "timestamp", "K", "a",
    "deep",
  ]

  /// Returns the difference between the two, or `nil` if there is none.
  private func difference(_ outline: JSONOutline, _ whole: JSONValue, depth: Int = 0) -> String? {
    for key in Self.keys + (whole.objectValue ?? [:]).keys {
      guard outline.string(key) == whole[key]?.stringValue else { return "the string \(key)" }
      guard outline.identifier(key) == whole.identifier(key) else { return "the id \(key)" }
      guard outline.time(key) == whole[key]?.stringValue.flatMap(RFC3339.parse) else {
        return "the time \(key)"
      }
      guard (outline.object(key) != nil) == (whole[key]?.objectValue != nil) else {
        return "the object \(key)"
      }
      if let inner = outline.object(key), let value = whole[key], depth < 3,
        let difference = difference(inner, value, depth: depth + 1)
      {
        return "\(key): \(difference)"
      }
    }
    return nil
  }

  private func check(_ bytes: [UInt8]) -> String? {
    let outline = Result { () throws(CallbackDecodingError) in try JSONOutline(bytes) }
    let whole = Result { () throws(CallbackDecodingError) in try CallbackRequest.jsonObject(in: bytes) }
    switch (outline, whole) {
    case (.success(let outline), .success(let whole)): return difference(outline, whole)
    case (.failure(let ours), .failure(let theirs)):
      return ours.code == theirs.code && ours.message == theirs.message ? nil : "\(ours) is not \(theirs)"
    case (.success, .failure(let error)): return "accepted, but \(error)"
    case (.failure(let error), .success): return "refused: \(error)"
    }
  }

  @Test(
    "Edges",
    arguments: [
      "{}", " { } ", "[]", "null", "1", "\"a\"", "", "{", "{}x", #"{"a":}"#, #"{"a":1,}"#, #"{"a":"1"}"#,
      #"{"a":1}"#, #"{"a":-0}"#, #"{"a":1.0}"#, #"{"a":1e3}"#, #"{"a":9223372036854775807}"#,
      #"{"a":9223372036854775808}"#, #"{"a":-9223372036854775808}"#, #"{"a":1e999}"#, #"{"a":""}"#,
      #"{"a":null}"#, #"{"a":true}"#, #"{"a":[{"id":1}]}"#, #"{"a":"x","a":1}"#, #"{"a":1,"a":null}"#,
      #"{"\u0061":"escaped"}"#, #"{"\u212a":"Kelvin is K to a String"}"#,
      #"{"id":"\ud83d\ude00","a":"\ud800"}"#,
      #"{"data":{"id":7,"error":{"code":1}}}"#, #"{"data":{"id":7},"data":[]}"#,
      #"{"data":{"a":1},"data":{}}"#, #"{"data":{"data":{"id":1,"a":2},"id":"x"},"a":3}"#,
      #"{"a":[{"id":1}],"data":{"error":[{"id":2}],"deep":{"a":{"K":1}},"a":true}}"#,
      #"{"a":{"a":{"a":{"a":{"a":"x"}}}},"id":{"deep":{}}}"#, #"{"a":{"id":1}"#, #"{"a":{"id":1},}"#,
      #"{"timestamp":"2026-03-05T08:00:15Z"}"#, #"{"timestamp":"2026-03-05T08:00:15\u005a"}"#,
    ]
  )
  func edges(_ text: String) {
    #expect(check(Array(text.utf8)) == nil)
  }

  @Test("Mutated callbacks", arguments: [1, 2, 3, 4])
  func mutations(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let corpus = FuzzSubject.all.flatMap(\.corpus)
    var objects = 0
    for _ in 0..<5_000 {
      var bytes = random.pick(corpus)
      for _ in 0..<random.below(4) { random.mutate(&bytes) }
      objects += (try? JSONOutline(bytes)) == nil ? 0 : 1
      if let difference = check(bytes) {
        Issue.record("\(difference), seed \(seed): \(bytes)")
        return
      }
    }
    #expect((500..<4_900).contains(objects))
  }
}
