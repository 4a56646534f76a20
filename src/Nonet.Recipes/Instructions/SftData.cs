using Nonet.Data.Instructions;
using Nonet.Data.Mixtures;
using Nonet.Files;
using Nonet.Recipes.Mixtures;
using Nonet.Text;

namespace Nonet.Recipes.Instructions;

/// <summary>Training and held-out examples of supervised fine-tuning.</summary>
public sealed record SftData
{
    /// <summary>Maximum number of held-out rows per task of a mixture that an evaluation uses.</summary>
    const int MostHeldOut = 8;

    /// <summary>The examples: a file (.jsonl, .json, .parquet, plain or .gz), a folder of such files, or a mixture of tasks (.yaml).</summary>
    [Option("The examples: a file (.jsonl, .json, .parquet, plain or .gz), a folder of such files, or a mixture of tasks (.yaml).", Exists = true,
        Expected = "a file or folder of examples that exists")]
    public required string Path { get; init; }

    /// <summary>
    /// Layout of the examples: messages, sharegpt, completion (prompt and completion) or alpaca (instruction, input and output). Null: determined by the
    /// fields of each example.
    /// </summary>
    [Option("Layout of the examples: messages, sharegpt, completion (prompt and completion) or alpaca (instruction, input and output). Null: determined by "
        + "the fields of each example.")]
    public InstructionLayout? Layout { get; init; }

    /// <summary>Changed settings of a mixture as KEY=VALUE, such as tasks=8.</summary>
    [Option("Changed settings of a mixture as KEY=VALUE, such as tasks=8.", Expected = "a list of KEY=VALUE")]
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Folder to search for a mixture's files, besides the mixture's own. Null: data/.</summary>
    [Option("Folder to search for a mixture's files, besides the mixture's own. Null: data/.", Exists = true, Expected = "a folder that exists")]
    public string? Folder { get; init; }

    /// <summary>
    /// Chat template to use instead of the model's: plain (a line for each turn, beginning with its role), or a Jinja file. Null: the model's own.
    /// </summary>
    [Option("Chat template to use instead of the model's: plain (a line for each turn, beginning with its role), or a Jinja file. Null: the model's own.")]
    public string? Template { get; init; }

    /// <summary>Examples to evaluate on; null: a part of the training examples, or the held-out rows of a mixture.</summary>
    [Option("Examples to evaluate on; null: a part of the training examples, or the held-out rows of a mixture.", Exists = true,
        Expected = "a file or folder of examples that exists")]
    public string? Validation { get; init; }

    /// <summary>
    /// Share of the examples that is held out if validation is null. The choice depends on the text of each example, so copies are on the
    /// same side.
    /// </summary>
    [Option("Share of the examples that is held out if validation is null. The choice depends on the text of each example, so copies are on the same side.",
        Above = 0, Below = 1)]
    public double HeldOut { get; init; } = 0.05;

    /// <summary>Seed of the choice of held-out examples.</summary>
    [Option("Seed of the choice of held-out examples.")]
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether a path names a mixture.</summary>
    internal static bool IsMixture(string path) => System.IO.Path.GetExtension(path).ToLowerInvariant() is ".yaml" or ".yml";

    /// <summary>All examples in their order. Those of a mixture are endless.</summary>
    /// <param name="tokenizer">Counts tokens for the length limits of a mixture; null: no limits.</param>
    internal IEnumerable<InstructionExample> Examples(Tokenizer? tokenizer)
    {
        if (!IsMixture(Path))
            return InstructionFile.Read(Path, Layout);
        var mixture = Mixture(tokenizer);
        return Enumerable.Range(0, int.MaxValue).Select(i => mixture[i]);
    }

    /// <summary>Reads the examples to train on and those to evaluate on.</summary>
    /// <param name="tokenizer">Counts tokens, for the limits of a mixture.</param>
    internal (IInstructionSource Train, IInstructionSource HeldOut) Read(Tokenizer tokenizer)
    {
        if (Set.Count > 0 && !IsMixture(Path))
            throw new ArgumentException($"data.set is given, but data.path is {Path}; expected a mixture (.yaml)");
        var validation = Validation is { } other ? new InstructionList(other, Layout) : null;
        if (!IsMixture(Path))
        {
            var all = new InstructionList(Path, Layout);
            return validation is null ? all.Split(HeldOut, Seed) : (all, validation);
        }
        var mixture = Mixture(tokenizer);
        validation ??= new InstructionList([.. MixtureItems.Examples(mixture, MixtureSplit.SeenTasks, MostHeldOut)]);
        return validation.Count > 0 ? (mixture, validation)
            : throw new ArgumentException($"data.path is {Path}, which has no held-out rows: set held_out_rows in it, or give data.validation");
    }

    /// <summary>The mixture at a path.</summary>
    InstructionMixture Mixture(Tokenizer? tokenizer)
    {
        var data = Folder ?? (Directory.Exists("data") ? "data" : null);
        return MixtureFile.Open(MixtureFile.Load(Path, Set), null, data, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path)),
            tokenizer is null ? null : text => tokenizer.EncodePlain(text).Length);
    }
}
