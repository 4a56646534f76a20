using Nonet.Recipes;
using Nonet.Text;

namespace Nonet.Cli;

/// <summary>The command line that tries a trained model.</summary>
static class NextLine
{
    /// <param name="recipe">The run's recipe.</param>
    /// <param name="result">The run.</param>
    /// <param name="text">A text to try it with; null: words of the run's own data.</param>
    public static string Of(IRecipe recipe, TrainingResult result, string? text = null)
    {
        text ??= recipe.Example() ?? "A text";
        var words = recipe.Next().Split(' ').Select(word => word switch
        {
            "RUN" => Invocation.QuotedPath(result.Folder),
            "TEXT" => Invocation.Quoted(text),
            "MASKED" => Invocation.Quoted(Masked(text, Tokenizer.Load(result.Averaged ?? result.Checkpoint))),
            _ => word,
        });
        return Invocation.Of(string.Join(' ', words));
    }

    /// <summary>The text with its middle word masked.</summary>
    static string Masked(string text, Tokenizer tokenizer)
    {
        var words = text.Split(' ');
        words[words.Length / 2] = tokenizer.IdOf("<mask>") is null ? "[MASK]" : "<mask>";
        return string.Join(' ', words);
    }
}
