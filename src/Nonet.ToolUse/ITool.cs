using System.Text.Json;

namespace Nonet.ToolUse;

/// <summary>A tool that a model can call: one text in, one text out. <see cref="ToolRunner"/> runs it with time and length limits.</summary>
public interface ITool
{
    /// <summary>The name in a call: a letter, then letters, digits, '_' or '-', at most 64 characters.</summary>
    string Name { get; }

    /// <summary>What the tool does, in one sentence, for the list of tools in a model's prompt.</summary>
    string Description => "";

    /// <summary>
    /// JSON schema of the arguments in function calling. <see cref="ToolParameters"/> converts arguments into the one text. Default: an object with this text.
    /// </summary>
    JsonElement Parameters => ToolParameters.OneText;

    /// <summary>Whether the same input always gives the same result, so that results may be cached.</summary>
    bool IsRepeatable => true;

    /// <summary>
    /// Text that changes whenever the tool's results may change, such as its settings and the digest of its data; null: unknown. An evaluation caches texts
    /// with calls of a tool only if this text is known, and uses them only while it stays the same.
    /// </summary>
    string? Identity => null;

    /// <summary>Runs the tool.</summary>
    /// <param name="input">The text between the parentheses of the call. A model wrote it, and it may be empty.</param>
    /// <param name="cancellationToken">Cancelled when the caller gives up, or when the time limit is reached.</param>
    /// <returns>The result; null if the tool has none for this input.</returns>
    Task<string?> RunAsync(string input, CancellationToken cancellationToken);
}
