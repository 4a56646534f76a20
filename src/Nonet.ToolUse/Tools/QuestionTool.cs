using Nonet.Inference;
using Nonet.ToolUse.Indexing;

namespace Nonet.ToolUse.Tools;

/// <summary>Answers questions: a model reads the passages that a search finds, and the first line of its reply is the answer.</summary>
public sealed class QuestionTool : ITool
{
    readonly SearchIndex? index;
    readonly int passages;
    readonly Func<string, CancellationToken, Task<string>> answer;

    /// <param name="answer">Continues a prompt, for example by a request to a model outside of this process.</param>
    /// <param name="index">The index to search; null: the model answers from memory.</param>
    /// <param name="passages">Number of passages in the prompt.</param>
    /// <param name="name">The name in a call; the paper's by default.</param>
    public QuestionTool(Func<string, CancellationToken, Task<string>> answer, SearchIndex? index = null, int passages = 3, string name = "QA")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passages, 1);
        (this.answer, this.index, this.passages, Name) = (answer, index, passages, name);
    }

    /// <summary>Answers with a model of Nonet, greedily, in at most 40 tokens.</summary>
    public QuestionTool(LanguageModel model, SearchIndex? index = null, int passages = 3, string name = "QA")
        : this((prompt, token) => model.CompleteAsync(prompt, new GenerationOptions
        {
            Sampler = SamplerOptions.Greedy,
            MaxTokens = 40,
            StopTexts = ["\n"],
        }, token), index, passages, name)
    {
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description => "Answers a question of fact.";

    /// <inheritdoc/>
    public async Task<string?> RunAsync(string input, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(input))
            return null;
        var prompt = Prompt(input, index?.Search(input, passages) ?? []);
        var text = (await answer(prompt, cancellationToken).ConfigureAwait(false)).Trim();
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }

    static string Prompt(string question, IReadOnlyList<FoundPassage> found) =>
        string.Concat(found.Select(f => $"{f.Passage}\n\n")) + $"Question: {question}\nAnswer:";
}
