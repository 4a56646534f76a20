namespace Nonet.ToolUse.Decoding;

/// <summary>A call that a model began but did not complete. It was removed and is not part of the text.</summary>
/// <param name="Text">The model's text after the mark.</param>
/// <param name="Reason">Why it is not a call.</param>
public sealed record UnclosedCall(string Text, string Reason);
