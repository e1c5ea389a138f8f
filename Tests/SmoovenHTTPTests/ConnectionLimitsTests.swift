import Testing

@testable import SmoovenHTTP

@Suite("Connections and open files") struct ConnectionLimitsTests {
  @Test(
    "The configured limit applies if there are enough files, and otherwise some stay in reserve",
    arguments: [
      (1_024, 65_536, 0, 1_024, 1_024), (1_024, 2_341, 0, 1_024, 1_024),
      // 70 in reserve, then an eighth, and a quarter of the others for refusals.
      (1_024, 256, 0, 140, 46), (1_024, 1_024, 0, 672, 224), (1_024, 2_048, 0, 1_024, 768),
      (1_024, 1_024, 400, 372, 124), (16, 256, 0, 16, 16), (.max, 256, 0, 140, 46), (1, 256, 0, 1, 1),
    ]
  )
  func limits(maximum: Int, files: Int, open: Int, served: Int, refused: Int) {
    let limits = HTTPConnectionLimits(maximum: maximum, files: files, open: open, eventLoops: 2)
    #expect(limits.served == served)
    #expect(limits.refused == refused)
  }

  @Test("However few files there are, some connections are served and some refused")
  func few() {
    for files in 0..<400 {
      for maximum in [1, 2, 3, 100, Int.max] {
        let limits = HTTPConnectionLimits(maximum: maximum, files: files, open: files, eventLoops: 64)
        #expect(limits.served >= 1 && limits.refused >= 1)
        #expect(limits.served <= maximum && limits.refused <= maximum)
        #expect(limits.served + limits.refused <= max(2, files / 4))
      }
    }
  }
}
