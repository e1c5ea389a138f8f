internal import HTTPTypes
package import Smooven
package import SmoovenTesting
import Testing

/// Two people who answer one question at the same time, at the receivers of two processes.
package struct AnswerRace: Sendable {
  private static let question = Question("Can you take it?", options: ["Sarah", "Robert"])

  private let receivers: [CallbackReceiver]

  package init(_ first: CallbackReceiver, _ second: CallbackReceiver) {
    receivers = [first, second]
  }

  /// Asks again and again, and has both people answer each time.
  ///
  /// - Parameters:
  ///   - rounds: The number of questions.
  ///   - client: The client that asks, whose receiver is one of the two.
  ///   - transport: Its transport, to which the links are sent.
  /// - Throws: Any error of asking and of waiting for the answer.
  package func run(
    rounds: Int,
    asking client: SmoovenClient,
    through transport: MockTransport
  ) async throws {
    for round in 0..<rounds {
      let handle = try await client.sendQuestion(Self.question, to: .user("sarah"), openFor: .seconds(900))
      let link = try #require(transport.requests.last?.json["context"]?["answer_url"]?.stringValue)
      let winner = await winner(at: link)
      #expect(winner != nil, "round \(round)")
      #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == winner, "round \(round)")
    }
  }

  private func visit(
    _ receiver: CallbackReceiver,
    _ link: String,
    choosing option: String? = nil
  ) async -> (status: Int, page: String) {
    let parts = link.split(separator: "/", maxSplits: 2)
    var head = HTTPRequest(
      method: option == nil ? .get : .post,
      scheme: "https",
      authority: parts.count > 1 ? String(parts[1]) : "",
      path: "/\(parts.last ?? "")"
    )
    head.headerFields[.contentType] = "application/x-www-form-urlencoded"
    let body = option.map { Array("option=\($0)".utf8) } ?? []
    let response = await receiver.response(to: CallbackRequest(head: head, body: body))
    return (response.head.status.code, String(decoding: response.body, as: UTF8.self))
  }

  /// Answers with both options at the same time, and then opens the page at both receivers.
  ///
  /// - Parameter link: The link to the page.
  /// - Returns: The option that won, or `nil` if it isn't true that one visitor got a 200, the other one a 409, and
  ///   every page after that shows the winner.
  private func winner(at link: String) async -> String? {
    let options = Self.question.options
    let answers = await withTaskGroup(of: (option: String, status: Int, page: String).self) { group in
      for (receiver, option) in zip(receivers, options) {
        group.addTask {
          let (status, page) = await visit(receiver, link, choosing: option)
          return (option, status, page)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    guard answers.map(\.status).sorted() == [200, 409],
      let winner = answers.first(where: { $0.status == 200 })?.option
    else { return nil }
    var pages = answers.map(\.page)
    for receiver in receivers { pages.append(await visit(receiver, link).page) }
    let isShown = pages.allSatisfy { page in
      page.contains("nswered at") && options.allSatisfy { page.contains($0) == ($0 == winner) }
    }
    return isShown ? winner : nil
  }
}
