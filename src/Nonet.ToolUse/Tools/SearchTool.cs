using System.Globalization;
using Nonet.ToolUse.Indexing;

namespace Nonet.ToolUse.Tools;

/// <summary>Searches an index, and returns snippets <c>Title > text</c>, best first.</summary>
/// <param name="index">The index. It must outlive the tool.</param>
/// <param name="snippets">Maximum number of passages in a result. Semicolons separate them.</param>
/// <param name="characters">Maximum number of characters of each passage.</param>
/// <param name="name">The name in a call; the paper's by default.</param>
public sealed class SearchTool(SearchIndex index, int snippets = 1, int characters = 400, string name = "WikiSearch") : ITool
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Description => "Searches a collection of texts, and returns the passages that fit some words best.";

    /// <summary>The identity of the index, and the settings of results.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{index.Identity} {snippets} {characters}");

    /// <inheritdoc/>
    public Task<string?> RunAsync(string input, CancellationToken cancellationToken)
    {
        var found = index.Search(input, snippets);
        return Task.FromResult(found.Count == 0 ? null : string.Join("; ", found.Select(f => Snippet(f.Passage.ToString()))));
    }

    /// <summary>The beginning of a passage, truncated at a space.</summary>
    string Snippet(string text)
    {
        if (text.Length <= characters)
            return text;
        var blank = text.LastIndexOf(' ', characters);
        return blank > 0 ? text[..blank] : text[..(characters - (char.IsHighSurrogate(text[characters - 1]) ? 1 : 0))];
    }
}
