namespace Nonet.ToolUse.Tools;

/// <summary>A function of your program as a tool.</summary>
/// <param name="name">The name in a call.</param>
/// <param name="function">Takes the input and returns the result, or null if there is none.</param>
/// <param name="isRepeatable">Whether the same input always gives the same result.</param>
/// <param name="description">What the tool does, in one sentence, for the list of tools in a model's prompt.</param>
public sealed class FunctionTool(string name, Func<string, CancellationToken, Task<string?>> function, bool isRepeatable = true, string description = "")
    : ITool
{
    /// <summary>A synchronous function.</summary>
    public FunctionTool(string name, Func<string, string?> function, bool isRepeatable = true, string description = "")
        : this(name, (input, _) => Task.FromResult(function(input)), isRepeatable, description)
    {
    }

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Description => description;

    /// <inheritdoc/>
    public bool IsRepeatable => isRepeatable;

    /// <inheritdoc/>
    public Task<string?> RunAsync(string input, CancellationToken cancellationToken) => function(input, cancellationToken);
}
