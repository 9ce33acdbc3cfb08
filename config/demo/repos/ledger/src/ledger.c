/* Reads "account cents" lines from standard input and prints each account's balance. */
#include <stdio.h>
#include <string.h>

#define MAX_ACCOUNTS 64

struct account {
  char name[32];
  long cents;
};

static struct account accounts[MAX_ACCOUNTS];
static int account_count;

static struct account* find_or_add(const char* name) {
  for (int i = 0; i < account_count; i++) {
    if (strcmp(accounts[i].name, name) == 0) return &accounts[i];
  }
  if (account_count == MAX_ACCOUNTS) return NULL;
  struct account* added = &accounts[account_count++];
  snprintf(added->name, sizeof added->name, "%s", name);
  return added;
}

static void print_amount(long cents) {
  printf("%ld", cents);
}

int main(void) {
  char name[32];
  long cents;
  while (scanf("%31s %ld", name, &cents) == 2) {
    struct account* account = find_or_add(name);
    if (account == NULL) return 1;
    account->cents += cents;
  }
  for (int i = 0; i < account_count; i++) {
    printf("%s ", accounts[i].name);
    print_amount(accounts[i].cents);
    printf("\n");
  }
  return 0;
}
