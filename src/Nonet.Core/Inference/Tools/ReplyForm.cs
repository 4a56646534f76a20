using System.Text;
using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>The settings that determine which replies are allowed.</summary>
sealed record ReplyForm
{
    /// <summary>Format of calls; null: no calls.</summary>
    public ToolCallFormat? Format { get; init; }

    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    public ToolChoice Choice { get; init; } = ToolChoice.Auto;

    /// <summary>Whether one reply may have several calls.</summary>
    public bool ManyCalls { get; init; } = true;

    /// <summary>JSON schema of a reply without calls; null: free text.</summary>
    public string? Schema { get; init; }

    public Thinking Thinking { get; init; }

    /// <summary>Whether every text is allowed.</summary>
    public bool IsFree => Schema is null && Tools.Count == 0;

    /// <summary>A key that is equal for forms with the same grammar.</summary>
    public string Key
    {
        get
        {
            var key = new StringBuilder($"{Format?.Name}\n{Choice}\n{ManyCalls}\n{Thinking}\n{Schema}\n");
            foreach (var tool in Tools)
                key.Append($"{tool.Name} {tool.IsStrict} {tool.Parameters.GetRawText()}\n");
            return key.ToString();
        }
    }
}
