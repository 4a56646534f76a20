using System.Text.Json;

namespace Nonet.ToolUse;

/// <summary>A tool that a model can call: one text in, one text out. <see cref="ToolRunner"/> limits and contains it.</summary>
public interface ITool
{
    /// <summary>The name in a call: a letter, then letters, digits, '_' or '-', at most 64 characters.</summary>
    string Name { get; }

    /// <summary>What it does, in a sentence, for a model that reads of its tools before it answers.</summary>
    string Description => "";

    /// <summary>JSON schema of its arguments in function calling, of which <see cref="ToolParameters"/> makes the one text; by default that text.</summary>
    JsonElement Parameters => ToolParameters.OneText;

    /// <summary>Whether the same input always gives the same result, so that results may be kept.</summary>
    bool IsRepeatable => true;

    /// <summary>
    /// Text that changes whenever the tool may answer otherwise, such as its settings and the digest of its data; null: not known. An evaluation keeps the
    /// texts with calls of a tool for later runs only under this text.
    /// </summary>
    string? Identity => null;

    /// <summary>Runs the tool.</summary>
    /// <param name="input">The text between the parentheses of the call; it may be empty, and it was written by a model.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for the result any more, or when the time limit is reached.</param>
    /// <returns>The result; null: the tool has none for this input.</returns>
    Task<string?> RunAsync(string input, CancellationToken cancellationToken);
}
