extension Array where Element: Comparable {
  /// Returns the value below which a part of a sorted array lies.
  ///
  /// For the median, pass 0.5.
  public func quantile(_ part: Double) -> Element? {
    isEmpty ? nil : self[Swift.min(count - 1, Int(Double(count) * part))]
  }
}
