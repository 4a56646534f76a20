using System.Text.Json;
using Microsoft.Extensions.AI;
using Nonet.ToolUse;
using Nonet.ToolUse.Indexing;
using Nonet.ToolUse.Tools;

namespace Nonet.Extensions.AI;

/// <summary>Converts between tools of Nonet.ToolUse and functions of Microsoft.Extensions.AI.</summary>
public static class ToolExtensions
{
    /// <summary>A function as a tool, with its name, description and schema.</summary>
    /// <param name="function">The function.</param>
    /// <param name="isRepeatable">Whether the same input always gives the same result, so that results may be cached.</param>
    public static ITool AsTool(this AIFunction function, bool isRepeatable = false) => new FunctionAsTool(function, isRepeatable);

    /// <summary>
    /// Tools as functions for <see cref="ChatOptions.Tools"/>. They run within the runner's limits: a function that fails returns a text that says so.
    /// <see cref="ToolRunner.ForFunctionCalls"/> creates a suitable runner.
    /// </summary>
    public static IReadOnlyList<AIFunction> AsAIFunctions(this ToolRunner tools) =>
        [.. tools.Functions.Select(f => new ToolAsFunction(tools, f.Name, f.Description, f.Parameters))];

    /// <summary>A tool as a function, with the limits of a runner of its own.</summary>
    public static AIFunction AsAIFunction(this ITool tool, ToolLimits? limits = null) =>
        ToolRunner.ForFunctionCalls([tool], limits: limits).AsAIFunctions()[0];

    /// <summary>
    /// A chat client as a tool that answers questions: it reads the passages that a search finds, and the first line of its reply is the answer.
    /// </summary>
    /// <param name="client">Any client, for a model in this process or for a service.</param>
    /// <param name="index">The index to search; null: the model answers from memory.</param>
    /// <param name="passages">Number of passages in the prompt.</param>
    /// <param name="name">The name in a call; the paper's by default.</param>
    /// <param name="options">How replies are generated; null: at temperature 0, with at most 200 tokens.</param>
    public static QuestionTool AsQuestionTool(this IChatClient client, SearchIndex? index = null, int passages = 3, string name = "QA",
        ChatOptions? options = null)
    {
        options ??= new ChatOptions { Temperature = 0, MaxOutputTokens = 200 };
        return new QuestionTool(async (prompt, token) =>
        {
            const string Task = "Answer the question in a few words, without an explanation.\n\n";
            return (await client.GetResponseAsync(Task + prompt, options, token).ConfigureAwait(false)).Text;
        },
            index, passages, name);
    }

    sealed class FunctionAsTool(AIFunction function, bool isRepeatable) : ITool
    {
        readonly Func<string, CancellationToken, Task<string?>> run = function.AsTextFunction();

        public string Name => function.Name;
        public string Description => function.Description;
        public JsonElement Parameters => function.JsonSchema;
        public bool IsRepeatable => isRepeatable;
        public Task<string?> RunAsync(string input, CancellationToken cancellationToken) => run(input, cancellationToken);
        public override string ToString() => $"the function {function.Name}";
    }

    sealed class ToolAsFunction(ToolRunner tools, string name, string description, JsonElement parameters) : AIFunction
    {
        public override string Name => name;
        public override string Description => description;
        public override JsonElement JsonSchema => parameters;

        protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
        {
            var json = ChatMessages.JsonOf(arguments);
            return (await tools.RunAsync(new Text.Chat.ChatToolCall(name, json), cancellationToken).ConfigureAwait(false)).Told;
        }
    }
}
