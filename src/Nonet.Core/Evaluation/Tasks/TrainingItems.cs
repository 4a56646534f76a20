using Nonet.Data.Instructions;
using Nonet.Data.Mixtures;

namespace Nonet.Evaluation.Tasks;

/// <summary>Uses the training items of an evaluation task as a task of a mixture. Items that are scored are never used.</summary>
public static class TrainingItems
{
    /// <summary>Creates the task of a mixture from the pool of exemplars.</summary>
    /// <param name="loaded">An evaluation task.</param>
    /// <param name="source">Cluster, data set and templates of the mixture's task.</param>
    /// <exception cref="TaskException">The task has no training items of its own.</exception>
    public static MixtureTask Of(LoadedTask loaded, EvaluationTaskSource source)
    {
        if (loaded.Task.Kind == EvaluationKind.Perplexity || loaded.ExemplarItems.Count == 0 || loaded.Task.Exemplars.Items is not null)
            throw new TaskException(
                $"{loaded.Task.Name}: found no training items; expected a task with source.train, because scored items must not be used for training");
        var isChoice = loaded.Task.Kind == EvaluationKind.MultipleChoice;
        return new MixtureTask
        {
            Name = loaded.Task.Name,
            Cluster = source.Cluster ?? loaded.Task.Name,
            Dataset = source.Dataset ?? loaded.Task.Name.Split(':')[0],
            Rows = [.. loaded.ExemplarItems.Select(item =>
            {
                var asked = loaded.Templates.Ask(item, asExemplar: true);
                return new TaskRow
                {
                    Input = asked.Prompt,
                    Targets = [asked.Target.Trim()],
                    Options = [.. asked.Choices.Select(c => c.Continuation.Trim())],
                    Place = new ExamplePlace(loaded.Task.Name, item.Place),
                };
            })],
            Templates = source.Templates ?? MixtureReader.Templates(source.Family ?? (isChoice ? TemplateFamily.Choices : TemplateFamily.Questions)),
        };
    }
}
