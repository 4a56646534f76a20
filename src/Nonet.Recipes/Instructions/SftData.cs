using Nonet.Data.Instructions;
using Nonet.Files;

namespace Nonet.Recipes.Instructions;

/// <summary>Examples of supervised fine-tuning, and those that are held out.</summary>
public sealed record SftData
{
    /// <summary>The examples: a file (.jsonl, .json, .parquet, plain or .gz), or a folder of such files.</summary>
    [Option("The examples: a file (.jsonl, .json, .parquet, plain or .gz), or a folder of such files.", Exists = true,
        Expected = "a file or folder of examples that exists")]
    public required string Path { get; init; }

    /// <summary>
    /// Layout of the examples: messages, sharegpt, completion (prompt and completion) or alpaca (instruction, input and output). Null: by
    /// the fields of each.
    /// </summary>
    [Option("Layout of the examples: messages, sharegpt, completion (prompt and completion) or alpaca (instruction, input and output). Null: by the fields "
        + "of each.")]
    public InstructionLayout? Layout { get; init; }

    /// <summary>Chat template to use instead of the model's: plain (a line for each turn, after its role), or a Jinja file. Null: the model's own.</summary>
    [Option("Chat template to use instead of the model's: plain (a line for each turn, after its role), or a Jinja file. Null: the model's own.")]
    public string? Template { get; init; }

    /// <summary>Examples to evaluate on; null: a part of those to train on.</summary>
    [Option("Examples to evaluate on; null: a part of those to train on.", Exists = true, Expected = "a file or folder of examples that exists")]
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

    /// <summary>Reads the examples to train on and those to evaluate on.</summary>
    internal (IInstructionSource Train, IInstructionSource HeldOut) Read()
    {
        var all = new InstructionList(Path, Layout);
        return Validation is { } other ? (all, new InstructionList(other, Layout)) : all.Split(HeldOut, Seed);
    }
}
