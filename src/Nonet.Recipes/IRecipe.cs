namespace Nonet.Recipes;

/// <summary>A whole training run as data, of any kind: a YAML file, or a record made in code. What is done with it stands in its kind's entry: see <see cref="TaskKind"/>.</summary>
public interface IRecipe
{
    /// <summary>What the run is called: its folder is runs/NAME unless another is given.</summary>
    string Name { get; }

    /// <summary>What shows the run and keeps it.</summary>
    ReportOptions Run { get; }
}

/// <summary>What the keys that every recipe has mean.</summary>
static class CommonKeys
{
    public const string Name = "Name of the run. Its folder is runs/NAME unless another is given. Default: the name of the file.";
    public const string Run = "Reports, samples and checkpoints. Nothing here changes the result.";
    public const string From = "A checkpoint to start from, in place of model and tokenizer: a Hugging Face folder, or a run folder (its best checkpoint). It provides "
        + "shape, tokenizer and weights; the optimiser and the schedule start from the beginning. Null: weights are initialised randomly.";
    public const string FromExpected = "the folder of an existing model";
}
