extension SmoovenError {
  static let notRun = SmoovenError(
    .notRunning,
    "nothing runs the receiver, so no callback can end the wait; call run(), or use withSmoovenClient"
  )
}
