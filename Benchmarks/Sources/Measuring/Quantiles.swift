extension Array where Element: Comparable {
  /// The value below which a part of a sorted array lies; 0.5 is the median.
  public func quantile(_ part: Double) -> Element? {
    isEmpty ? nil : self[Swift.min(count - 1, Int(Double(count) * part))]
  }
}
