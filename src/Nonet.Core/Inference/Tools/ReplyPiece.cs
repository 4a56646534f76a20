using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>A piece of a reply: some text, some of the thoughts before it, or a whole call of a tool.</summary>
/// <param name="Text">Text for the user.</param>
/// <param name="Reasoning">Thoughts of the model before its answer.</param>
/// <param name="Call">A call, once it is complete.</param>
public sealed record ReplyPiece(string Text = "", string Reasoning = "", ChatToolCall? Call = null);
