// exit: 3
// What main returns is the process' code.
int main(void) { return 3; }
