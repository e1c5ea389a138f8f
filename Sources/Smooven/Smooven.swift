// One import serves users of the SDK: the events and providers are part of its API.
@_exported public import SmoovenCallbacks
