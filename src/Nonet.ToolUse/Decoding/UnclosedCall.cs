namespace Nonet.ToolUse.Decoding;

/// <summary>A call that a model began and that became none. It was taken back, and is no part of the text.</summary>
/// <param name="Text">What the model wrote after the mark.</param>
/// <param name="Reason">Why it is no call.</param>
public sealed record UnclosedCall(string Text, string Reason);
