import Foundation
import Testing

@testable import Smooven

@Suite("Who gets an event")
struct EventOwnershipTests {
  private let token = DeliveryToken()
  private let other = DeliveryToken()

  private func wait(asked: [String] = [], accepted: [String] = []) -> EventOwnership {
    EventOwnership(group: "smooven", token: token, asked: asked, accepted: accepted)
  }

  private func event(
    _ ids: [String],
    conversations: [String] = [],
    group: String = "smooven"
  ) -> CallbackEvent {
    var event = CallbackEvent(
      provider: "smooven",
      name: "notification.delivered",
      kind: .delivered,
      correlationIDs: ids,
      conversationIDs: conversations,
      deduplicationKey: "key",
      payload: .null,
      rawBody: []
    )
    event.group = group
    return event
  }

  @Test("The holder of the token gets an event, whether or not it has ids")
  func byToken() {
    #expect(wait().owns(event(["ntf_1", "msg_1"]), token: token))
    #expect(wait().owns(event([]), token: token))
    #expect(wait(accepted: ["ntf_1"]).owns(event([]), token: token))
    #expect(wait(accepted: ["ntf_1"]).owns(event(["msg_1", "ntf_1"]), token: token))
    // Ids that were asked for contradict nothing.
    #expect(wait(asked: ["ntf_2"]).owns(event(["ntf_1"]), token: token))
  }

  @Test("The holder of another token gets nothing")
  func byOtherToken() {
    #expect(!wait().owns(event(["ntf_1"]), token: other))
    #expect(!wait().owns(event(["ntf_1"]), token: nil))
  }

  @Test(
    "If token and ids contradict each other, the id's owner gets the event, and the token's holder doesn't"
  )
  func contradiction() {
    let contradicting = event(["ntf_2"])
    #expect(!wait(accepted: ["ntf_1"]).owns(contradicting, token: token))
    let owner = EventOwnership(group: "smooven", token: other, accepted: ["ntf_2"])
    #expect(owner.owns(contradicting, token: token))
    // Learned ids contradict nothing.
    var learning = wait()
    #expect(learning.learn(from: event(["ntf_1"]), token: token) == ["ntf_1"])
    #expect(learning.owns(contradicting, token: token))
  }

  @Test("Each id that was asked for or accepted gets events, wherever it is in them, and so do conversations")
  func byID() {
    for wait in [wait(asked: ["a", "b"]), wait(accepted: ["a", "b"])] {
      #expect(wait.owns(event(["a"]), token: nil) && wait.owns(event(["x", "y", "b"]), token: nil))
      #expect(wait.owns(event(["x"], conversations: ["b"]), token: nil))
      #expect(!wait.owns(event(["x"], conversations: ["y"]), token: nil) && !wait.owns(event([]), token: nil))
    }
  }

  @Test("An id that was learned gets only the events whose first id it is")
  func byLearnedID() {
    var wait = wait()
    #expect(wait.learn(from: event(["ntf_1", "msg_1"]), token: token) == ["ntf_1", "msg_1"])
    #expect(wait.owns(event(["ntf_1"]), token: nil) && wait.owns(event(["msg_1", "x"]), token: nil))
    #expect(!wait.owns(event(["x", "ntf_1"]), token: nil))
    #expect(!wait.owns(event(["x"], conversations: ["ntf_1"]), token: nil))
  }

  @Test("Ids are learned from events by token and by ids that were asked for or accepted")
  func learning() {
    var byToken = wait()
    #expect(byToken.learn(from: event(["a"]), token: token) == ["a"])
    var byAsked = wait(asked: ["a"])
    #expect(byAsked.learn(from: event(["b", "a"]), token: nil) == ["b"])
    var byAccepted = wait(accepted: ["a"])
    #expect(byAccepted.learn(from: event(["a", "b"]), token: nil) == ["b"])
    var byConversation = wait(asked: ["a"])
    #expect(byConversation.learn(from: event(["b"], conversations: ["a"]), token: nil) == ["b"])
    #expect(byConversation.ids == ["a", "b"])
  }

  @Test("No id is learned from an event by a learned id, of another token or another group")
  func notLearning() {
    var wait = wait()
    _ = wait.learn(from: event(["a"]), token: token)
    #expect(wait.owns(event(["a", "b"]), token: nil))
    #expect(wait.learn(from: event(["a", "b"]), token: nil).isEmpty)
    #expect(wait.learn(from: event(["c"]), token: other).isEmpty)
    #expect(wait.ids == ["a"] && !wait.owns(event(["b"]), token: nil))
    var contradicted = EventOwnership(group: "smooven", token: token, accepted: ["a"])
    #expect(contradicted.learn(from: event(["b"]), token: token).isEmpty)
    #expect(contradicted.ids == ["a"])
  }

  @Test("The id of a conversation is never learned")
  func conversations() {
    var wait = wait()
    #expect(wait.learn(from: event(["a"], conversations: ["thread"]), token: token) == ["a"])
    #expect(wait.ids == ["a"] && !wait.owns(event(["b"], conversations: ["thread"]), token: nil))
    #expect(!wait.owns(event(["thread"]), token: nil))
  }

  @Test("It owns nothing from another group, by token or by id")
  func groups() {
    let wait = wait(asked: ["a"], accepted: ["b"])
    #expect(!wait.owns(event(["a", "b"], group: "other"), token: token))
    #expect(!wait.owns(event([], group: "other"), token: token))
    var learning = self.wait(asked: ["a"])
    #expect(learning.learn(from: event(["a", "c"], group: "other"), token: token).isEmpty)
    #expect(learning.ids == ["a"])
  }

  @Test("An accepted id is reported as new only if it wasn't known in any way")
  func accepting() {
    var wait = wait(asked: ["a"])
    _ = wait.learn(from: event(["b"]), token: token)
    #expect(!wait.accept("a") && !wait.accept("b") && wait.accept("c") && !wait.accept("c"))
    #expect(wait.accepted == ["a", "b", "c"] && wait.ids == ["a", "b", "c"])
    wait.forgetLearned()
    #expect(wait.learned.isEmpty && wait.ids == ["a", "b", "c"])
    #expect(self.wait().isUnbound && !wait.isUnbound)
  }

  @Test("A stored delivery owns what a wait owns that was accepted under its ids and got its kept events")
  func stored() {
    var delivery = StoredDelivery(token: token, group: "smooven", openedAt: .distantPast, ids: ["ntf_1"])
    delivery.milestones = [event(["ntf_1", "msg_1"])]
    let ownership = EventOwnership(delivery)
    #expect(ownership.accepted == ["ntf_1"] && ownership.learned == ["msg_1"] && ownership.asked.isEmpty)
    #expect(ownership.owns(event(["msg_1"]), token: nil) && !ownership.owns(event(["ntf_2"]), token: token))
  }
}
