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
    public const string Name = "What the run is called: its folder is runs/NAME unless another is given. Left out: the file's name.";
    public const string Run = "What shows the run and keeps it; nothing here changes the result.";
    public const string From = "A checkpoint to start from, in place of model and tokenizer: a Hugging Face folder, or a run folder (its best checkpoint). Its shape, tokenizer and weights are taken; "
        + "the optimiser and the schedule start anew. Null: the weights are drawn.";
    public const string FromExpected = "a model's folder that exists, or null to begin with drawn weights";
}
