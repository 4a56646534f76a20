namespace Nonet.ToolUse.Indexing;

/// <summary>A short text that can be found.</summary>
/// <param name="Title">Title of the document; empty if it has none.</param>
/// <param name="Text">The text.</param>
public readonly record struct Passage(string Title, string Text)
{
    /// <summary><c>Title > text</c>, as the paper's search tool returns it.</summary>
    public override string ToString() => Title.Length == 0 ? Text : $"{Title} > {Text}";
}

/// <summary>A passage that a search found.</summary>
/// <param name="Number">Its number in the index, from 0.</param>
/// <param name="Score">Its BM25 score.</param>
/// <param name="Passage">The passage.</param>
public readonly record struct FoundPassage(int Number, double Score, Passage Passage);
