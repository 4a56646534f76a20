using System.Data.Common;

namespace Nonet.Server.Ranking.Store;

/// <summary>Commands of one connection, within a transaction if there is one.</summary>
sealed class Sql(DbConnection connection, DbTransaction? transaction, CancellationToken stopping)
{
    /// <summary>Runs a statement. Returns the number of rows that it changed.</summary>
    public async Task<int> Run(string text, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(text, parameters);
        return await command.ExecuteNonQueryAsync(stopping).ConfigureAwait(false);
    }

    /// <summary>The rows of a query.</summary>
    public async Task<List<T>> Rows<T>(Func<DbDataReader, T> row, string text, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(text, parameters);
        await using var reader = await command.ExecuteReaderAsync(stopping).ConfigureAwait(false);
        var rows = new List<T>();
        while (await reader.ReadAsync(stopping).ConfigureAwait(false))
            rows.Add(row(reader));
        return rows;
    }

    /// <summary>The first row of a query; null if there is none.</summary>
    public async Task<T?> First<T>(Func<DbDataReader, T> row, string text, params (string Name, object? Value)[] parameters) where T : class =>
        (await Rows(row, text, parameters).ConfigureAwait(false)).FirstOrDefault();

    DbCommand Command(string text, (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, text);
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
