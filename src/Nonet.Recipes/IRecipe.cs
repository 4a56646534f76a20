namespace Nonet.Recipes;

/// <summary>
/// A training run as data, of any kind: a YAML file, or a record created in code. The <see cref="TaskKind"/> of a recipe runs it.
/// </summary>
public interface IRecipe
{
    /// <summary>Name of the run. Its folder is runs/NAME unless another is given.</summary>
    string Name { get; }

    /// <summary>Settings that report and keep the run. They do not change the result.</summary>
    ReportOptions Run { get; }
}

/// <summary>Descriptions of the keys that every recipe has.</summary>
static class CommonKeys
{
    public const string Name = "Name of the run. Its folder is runs/NAME unless another is given. If left out, the name of the recipe file.";
    public const string Run = "Reports, samples and kept checkpoints. These settings do not change the result.";
    public const string From =
        "A checkpoint to start from, instead of model and tokenizer: a Hugging Face folder, or a run folder (its best checkpoint). The run uses its shape, "
        + "tokenizer and weights; "
        + "the optimiser and the schedule start fresh. Null: random initial weights.";
    public const string Template =
        "Chat template to use instead of the model's: off (prompts are the beginning of a text), plain (a line for each turn, beginning "
        + "with its role), or a Jinja file. Null: the model's own, if it has one.";
    public const string FromExpected = "the folder of an existing model";
}
