using System.Globalization;
using Nonet.ToolUse.Indexing;

namespace Nonet.ToolUse.Tools;

/// <summary>Searches an index, and returns snippets <c>Title > text</c>, best first.</summary>
/// <param name="index">The index. It must outlive the tool.</param>
/// <param name="snippets">Passages of a result, parted by semicolons.</param>
/// <param name="characters">Most characters of each.</param>
/// <param name="name">The name in a call; the paper's by default.</param>
public sealed class SearchTool(SearchIndex index, int snippets = 1, int characters = 400, string name = "WikiSearch") : ITool
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Description => "Searches a collection of texts, and returns the passages that fit some words best.";

    /// <summary>The index as it was last written, and the form of a result.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{index.Identity} {snippets} {characters}");

    /// <inheritdoc/>
    public Task<string?> RunAsync(string input, CancellationToken cancellationToken)
    {
        var found = index.Search(input, snippets);
        return Task.FromResult(found.Count == 0 ? null : string.Join("; ", found.Select(f => Snippet(f.Passage.ToString()))));
    }

    /// <summary>The beginning of a passage, up to a blank.</summary>
    string Snippet(string text)
    {
        if (text.Length <= characters)
            return text;
        var blank = text.LastIndexOf(' ', characters);
        return blank > 0 ? text[..blank] : text[..(characters - (char.IsHighSurrogate(text[characters - 1]) ? 1 : 0))];
    }
}
